/* schema - the state database's versions, each leading from the one before */
#pragma once

extern const char *const store_schema[];
