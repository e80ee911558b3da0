#include "base/u64.h"
#include "cli/cmd_link.h"
#include "cli/print.h"
#include "cli/show.h"
#include "gateway/backup.h"

static void
print_report(const char *dir, const char *home, const backup_report *r)
{
	g_autoptr(json_ref) one = json_object();
	json_t *links = json_array();

	for (guint i = 0; i < r->links->len; i++)
		json_array_append_new(links, json_string(r->links->pdata[i]));
	show_put(one, "backup", dir);
	show_put(one, "home", home);
	show_put(one, "site", r->site);
	show_put(one, "made", r->made);
	json_object_set_new(one, "links", links);
	json_object_set_new(one, "files", json_integer((json_int_t)r->files));
	json_object_set_new(one, "bytes", json_integer((json_int_t)r->bytes));
	print_json(one);
}

static gboolean
run_backup(call *c, GError **error)
{
	g_autofree char *dir = call_path(call_arg(c, 0));
	g_auto(backup_report) r = {0};
	const site *s = call_site(c, error);

	if (s == NULL || !backup_make(s, dir, &r, error))
		return FALSE;
	if (c->json)
		print_report(dir, site_dir(s), &r);
	g_autofree char *links = print_count(r.links->len, "link");
	g_autofree char *files = print_count(r.files, "file");
	g_autofree char *size = u64_size_text(r.bytes);
	call_say(c, "%s   site %s, %s, %s, %s; holds the secret keys: keep it safe", dir, r.site,
		 links, files, size);
	return TRUE;
}

static gboolean
run_restore(call *c, GError **error)
{
	g_autofree char *dir = call_path(call_arg(c, 0));
	g_autofree char *home = call_home(c);
	g_auto(backup_report) r = {0};

	if (!backup_restore(dir, home, &r, error) || call_site(c, error) == NULL)
		return FALSE;
	g_autofree char *handsel = site_handsel(c->site);
	if (c->json)
		print_report(dir, home, &r);
	if (r.links->len > 0)
		call_worsen(c, STATUS_WAITS);
	call_say(c, "%s   site %s as of %s", home, r.site, r.made);
	for (guint i = 0; i < r.links->len; i++)
		call_say(c,
			 "! %s  stopped: the partner may know more than this copy   %s link "
			 "resume %s, if nothing travelled since",
			 (const char *)r.links->pdata[i], handsel, (const char *)r.links->pdata[i]);
	return TRUE;
}

const command commands_backup[] = {
	{"backup", "DIR", "copy the whole site",
	 "Copies the site into the new directory DIR, while it works: settings, desk, and for each "
	 "link\n"
	 "state, keys and queues. Each link stands still for a moment. The copy holds the secret "
	 "keys and\n"
	 "is readable by you only.",
	 1, 1, NULL, run_backup},
	{"restore", "DIR", "make a site from a backup",
	 "Makes the site that the backup in DIR holds, in a home that is missing or empty, after "
	 "checking\n"
	 "every file. Its links are stopped: what travelled after the backup is known to the "
	 "partners and\n"
	 "not to the copy. Let a link resume if nothing did. If something did, the first envelope "
	 "that\n"
	 "contradicts the copy stops it again, before anything can spread; then remove the link "
	 "and "
	 "pair\n"
	 "anew. Never let the old site and the restored one both work. Ends with 3 if there are "
	 "links.",
	 1, 1, NULL, run_restore},
	{0},
};
