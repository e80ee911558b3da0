/*
 * cmd_help - what the table of commands says about itself
 */
#pragma once
#include "cli/command.h"

/* All commands, or those of GROUP. */
void help_list(const char *group);
void help_command(const command *);
