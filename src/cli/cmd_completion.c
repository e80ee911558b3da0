#include <string.h>

#include "base/fail.h"
#include "cli/call.h"
#include "cli/command.h"
#include "cli/print.h"

/*
 * What the words are is printed from the table; how bash uses them is the same for every table.
 * Nothing of handsel runs while somebody types.
 */
static const char *const head[] = {
	"# bash completion of handsel; handsel completion bash prints it",
	"",
	"# What may stand behind the words of a command; \"\" is none yet.",
	"_handsel_words() {",
	"  case $1 in",
	NULL,
};

static const char *const middle[] = {
	"  esac",
	"}",
	"",
	"# Is the first argument of this command a link?",
	"_handsel_takes_link() {",
	"  case $1 in",
	NULL,
};

static const char *const tail[] = {
	"  esac",
	"}",
	"",
	"_handsel() {",
	"  local cur=${COMP_WORDS[COMP_CWORD]} home=${HANDSEL_HOME:-} name= args=0 i word words=",
	"  for ((i = 1; i < COMP_CWORD; i++)); do",
	"    word=${COMP_WORDS[i]}",
	"    case $word in",
	"    --home) home=${COMP_WORDS[++i]} ;;",
	"    -*) ;;",
	"    *)",
	"      if [ -n \"$(_handsel_words \"${name:+$name }$word\")\" ]; then",
	"        name=${name:+$name }$word",
	"      else",
	"        args=$((args + 1))",
	"      fi",
	"      ;;",
	"    esac",
	"  done",
	"  for word in $(_handsel_words \"$name\"); do",
	"    [[ $word == -* && $cur != -* ]] || words+=\" $word\"",
	"  done",
	"  if [[ $cur != -* && $args -eq 0 ]] && _handsel_takes_link \"$name\"; then",
	"    if [ -z \"$home\" ]; then",
	"      home=~/.local/share/handsel",
	"      [ -e \"$home/handsel.conf\" ] || home=/var/lib/handsel",
	"    fi",
	"    for word in \"$home\"/links/*/; do",
	"      word=${word%/}",
	"      [ -d \"$word\" ] && words+=\" ${word##*/}\"",
	"    done",
	"  fi",
	"  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")",
	"}",
	"complete -o default -F _handsel handsel",
	NULL,
};

static void
print_lines(const char *const *lines)
{
	for (; *lines != NULL; lines++)
		print_line("%s", *lines);
}

static void
add_options(GString *words, const command_option *options)
{
	for (const command_option *o = options; o != NULL && o->name != NULL; o++)
		g_string_append_printf(words, " --%s", o->name);
}

/* "  'link new') echo ' --channel ...' ;;" */
static void
print_words(const char *name, const char *words)
{
	print_line("  '%s') echo '%s' ;;", name, words);
}

/* The words behind GROUP, "" for the first ones. */
static void
print_group(const char *group)
{
	g_autoptr(GString) words = g_string_new(NULL);
	g_autofree char *prefix = *group != '\0' ? g_strconcat(group, " ", NULL) : g_strdup("");

	for (guint i = 0; command_at(i) != NULL; i++) {
		const char *name = command_at(i)->name;

		if (!g_str_has_prefix(name, prefix))
			continue;
		name += strlen(prefix);
		g_autofree char *word = g_strndup(name, strcspn(name, " "));
		g_autofree char *again = g_strdup_printf(" %s ", word);
		g_string_append_c(words, ' ');
		if (strstr(words->str, again) == NULL)
			g_string_append(words, word);
		else
			g_string_truncate(words, words->len - 1);
	}
	add_options(words, command_common);
	print_words(group, words->str);
}

static void
print_commands(void)
{
	g_autoptr(GHashTable) groups = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	print_group("");
	for (guint i = 0; command_at(i) != NULL; i++) {
		const command *c = command_at(i);
		g_autofree char *group = g_strndup(c->name, strcspn(c->name, " "));
		g_autoptr(GString) words = g_string_new(NULL);

		if (strchr(c->name, ' ') != NULL && !g_hash_table_contains(groups, group)) {
			print_group(group);
			g_hash_table_add(groups, g_steal_pointer(&group));
		}
		add_options(words, c->options);
		add_options(words, command_common);
		print_words(c->name, words->str);
	}
}

static void
print_takers(void)
{
	for (guint i = 0; command_at(i) != NULL; i++) {
		const command *c = command_at(i);

		if ((g_str_has_prefix(c->usage, "NAME") || g_str_has_prefix(c->usage, "[NAME")) &&
		    strcmp(c->name, "link new") != 0)
			print_line("  '%s') return 0 ;;", c->name);
	}
	print_line("  *) return 1 ;;");
}

static gboolean
run_completion(call *c, GError **error)
{
	const char *shell = call_arg(c, 0);

	if (strcmp(shell, "bash") != 0) {
		fail_set(error, FAIL_USAGE, "%s: there is completion for bash only", shell);
		return FALSE;
	}
	print_lines(head);
	print_commands();
	print_lines(middle);
	print_takers();
	print_lines(tail);
	return TRUE;
}

const command commands_completion[] = {
	{"completion", "SHELL", "print the completion for a shell",
	 "Prints what makes bash complete commands, options and names of links. make install puts "
	 "it\n"
	 "where bash looks; by hand: source <(handsel completion bash).",
	 1, 1, NULL, run_completion},
	{0},
};
