#include "gateway_kit.h"

#include <string.h>
#include <unistd.h>

#include "base/fsio.h"
#include "gateway/make.h"
#include "spool/envelope.h"
#include "spool/name.h"
#include "spool/quarantine.h"

#define NAMES_MAX  1000
#define ROUNDS_MAX 10
#define PLAIN_MAX  (1 << 20)

static const char *const names[2] = {"anna", "bert"};

/* ---- sites ---- */

static void
make_site(kit *k, int who)
{
	g_autoptr(GError) e = NULL;

	k->home[who] = g_build_filename(k->dir, names[who], NULL);
	g_autoptr(site) made = site_init(k->home[who], names[who], &e);
	g_assert_no_error(e);
	g_autoptr(desk) d = desk_open(k->home[who], names[who], TRUE, &e);
	g_assert_no_error(e);
	g_autofree char *link = site_link_dir(made, names[!who]);
	k->send[who] = g_build_filename(link, "exchange", "SEND", NULL);
	k->receive[who] = g_build_filename(link, "exchange", "RECEIVE", NULL);
	k->keys[who] = g_build_filename(link, "keys", NULL);
}

static void
make_link(kit *k, int who, const char *file)
{
	g_autoptr(GError) e = NULL;
	g_autoptr(site) at = site_open(k->home[who], &e);
	const link_request req = {.name = names[!who],
				  .channel = "folder",
				  .scope = "all",
				  .protect = "encrypt",
				  .out = file};

	g_assert_no_error(e);
	if (who == ANNA)
		link_make(at, &req, &e);
	else
		link_join(at, file, &req, &e);
	g_assert_no_error(e);
}

void
kit_set_up(kit *k, gconstpointer unused G_GNUC_UNUSED)
{
	k->dir = g_dir_make_tmp("handsel-gateway-XXXXXX", NULL);
	g_assert_nonnull(k->dir);
	g_autofree char *file = g_build_filename(k->dir, "handshake", NULL);
	for (int who = ANNA; who <= BERT; who++)
		make_site(k, who);
	for (int who = ANNA; who <= BERT; who++)
		make_link(k, who, file);
	kit_settle(k);
}

void
kit_tear_down(kit *k, gconstpointer unused G_GNUC_UNUSED)
{
	g_assert_true(fsio_remove_tree(k->dir, NULL));
	for (int who = ANNA; who <= BERT; who++) {
		g_free(k->home[who]);
		g_free(k->send[who]);
		g_free(k->receive[who]);
		g_free(k->keys[who]);
	}
	g_free(k->dir);
}

kit_link
kit_open(const kit *k, int who, gate_mode mode, const char *const *overrides)
{
	g_autoptr(GError) e = NULL;
	kit_link l = {.at = site_open(k->home[who], &e)};

	g_assert_no_error(e);
	l.g = gateway_open(l.at, names[!who], mode, overrides, &e);
	g_assert_no_error(e);
	return l;
}

void
kit_close(kit_link *l)
{
	gateway_close(l->g);
	site_close(l->at);
}

/* ---- passes ---- */

pass_report
kit_pass(kit *k, int who)
{
	g_autoptr(GError) e = NULL;
	g_auto(kit_link) l = kit_open(k, who, GATE_WORK, NULL);
	pass_report report = {0};

	gboolean ok = gateway_pass(l.g, &report, &e);
	g_assert_no_error(e);
	g_assert_true(ok);
	g_assert_null(report.away);
	return report;
}

static GPtrArray *
files_in(const char *path)
{
	g_autoptr(GError) e = NULL;
	int dir = fsio_open_dir(path, &e);

	g_assert_no_error(e);
	GPtrArray *files = fsio_list(dir, NAMES_MAX, &e);
	g_assert_no_error(e);
	close(dir);
	return files;
}

/* How many were moved. */
static guint
move_all(const char *from, const char *to)
{
	g_autoptr(GPtrArray) files = files_in(from);

	for (guint i = 0; i < files->len; i++) {
		g_autofree char *old = g_build_filename(from, files->pdata[i], NULL);
		g_autofree char *new = g_build_filename(to, files->pdata[i], NULL);
		g_assert_cmpint(rename(old, new), ==, 0);
	}
	return files->len;
}

void
kit_carry(kit *k, int who)
{
	move_all(k->send[who], k->receive[!who]);
}

void
kit_settle(kit *k)
{
	guint moved = 1;

	for (guint i = 0; moved > 0; i++) {
		g_assert_cmpuint(i, <, ROUNDS_MAX);
		moved = 0;
		for (int who = BERT; who >= ANNA; who--) {
			kit_pass(k, who);
			moved += move_all(k->send[who], k->receive[!who]);
		}
	}
}

/* ---- desks ---- */

static desk *
open_desk(const kit *k, int who)
{
	g_autoptr(GError) e = NULL;
	desk *d = desk_open(k->home[who], names[who], FALSE, &e);

	g_assert_no_error(e);
	return d;
}

static json_t *
titled(const char *title)
{
	json_t *fields = json_object();

	json_put(fields, "title", title);
	return fields;
}

char *
kit_new(kit *k, int who, const char *title)
{
	g_autoptr(GError) e = NULL;
	g_autoptr(desk) d = open_desk(k, who);
	g_autoptr(json_ref) fields = titled(title);
	char *id = desk_new(d, "issue", fields, &e);

	g_assert_no_error(e);
	return id;
}

void
kit_set_title(kit *k, int who, const char *id, const char *title)
{
	g_autoptr(GError) e = NULL;
	g_autoptr(desk) d = open_desk(k, who);
	g_autoptr(json_ref) fields = titled(title);

	desk_set(d, id, fields, &e);
	g_assert_no_error(e);
}

void
kit_delete(kit *k, int who, const char *id)
{
	g_autoptr(GError) e = NULL;
	g_autoptr(desk) d = open_desk(k, who);

	desk_delete(d, id, &e);
	g_assert_no_error(e);
}

static gboolean
add_title(const json_t *row, gpointer data)
{
	GString *text = data;

	g_string_append_printf(text, "%s%s", text->len > 0 ? " " : "", json_str(row, "title"));
	return TRUE;
}

char *
kit_titles(kit *k, int who)
{
	g_autoptr(GError) e = NULL;
	g_autoptr(desk) d = open_desk(k, who);
	GString *text = g_string_new(NULL);

	desk_list(d, NULL, NULL, add_title, text, &e);
	g_assert_no_error(e);
	return g_string_free(text, FALSE);
}

/* ---- envelopes ---- */

static gboolean
is_numbered(const char *file, envelope_name *ret)
{
	g_autofree char *link8 = g_strndup(file, NAME_LINK_LEN);

	return name_find(file, link8, 'm', ret) && ret->series == 0;
}

char *
kit_take_sent(kit *k)
{
	g_autoptr(GPtrArray) files = files_in(k->send[ANNA]);
	char *taken = NULL;
	envelope_name name;

	for (guint i = 0; i < files->len; i++) {
		if (!is_numbered(files->pdata[i], &name))
			continue;
		g_autofree char *old = g_build_filename(k->send[ANNA], files->pdata[i], NULL);
		g_assert_null(taken);
		taken = g_build_filename(k->dir, files->pdata[i], NULL);
		g_assert_cmpint(rename(old, taken), ==, 0);
	}
	g_assert_nonnull(taken);
	return taken;
}

void
kit_arrives(kit *k, const char *path)
{
	g_autofree char *name = g_path_get_basename(path), *data = NULL;
	g_autofree char *to = g_build_filename(k->receive[BERT], name, NULL);
	gsize len;

	g_assert_true(g_file_get_contents(path, &data, &len, NULL));
	g_assert_true(g_file_set_contents(to, data, (gssize)len, NULL));
}

static int
new_file(int dir, char **ret_name)
{
	int fd = fsio_tmp(dir, ret_name, NULL);

	g_assert_cmpint(fd, >=, 0);
	return fd;
}

/* The plain zip in the envelope at PATH. */
static int
unsealed(pgp *p, int dir, const char *path)
{
	g_autoptr(GError) e = NULL;
	g_autofree char *tmp = NULL;
	int in = fsio_open_own(AT_FDCWD, path, &e), out = new_file(dir, &tmp);

	g_assert_no_error(e);
	pgp_decrypt(p, in, out, PLAIN_MAX, &e);
	g_assert_no_error(e);
	close(in);
	return out;
}

/* The lines of E, as texts. */
static GPtrArray *
lines_of(envelope *e)
{
	GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);

	for (;;) {
		g_autoptr(json_ref) line = NULL;

		g_assert_true(envelope_next(e, &line, NULL));
		if (line == NULL)
			return lines;
		g_ptr_array_add(lines, json_text(line));
	}
}

/* A zip with the lines of E and the manifest M. */
static int
rebuilt(int dir, envelope *e, const manifest *m)
{
	g_autoptr(GError) why = NULL;
	g_autoptr(GPtrArray) lines = lines_of(e);
	g_autoptr(GPtrArray) files = g_ptr_array_new();
	g_autofree char *name = NULL, *sha = NULL;
	int fd = envelope_build(dir, m, lines, files, &name, &sha, &why);

	g_assert_no_error(why);
	g_assert_true(fsio_remove(dir, name, NULL));
	return fd;
}

/* Seals ZIP as Anna does, under the name that FILE has but for its hash; the path, caller frees. */
static char *
sealed(const kit *k, pgp *p, int dir, int zip, const manifest *m, const char *file)
{
	g_autoptr(GError) e = NULL;
	g_autofree char *tmp = NULL;
	const char *const recipients[] = {m->from, m->to, NULL};
	int out = new_file(dir, &tmp);
	envelope_name name;

	g_assert_cmpint(lseek(zip, 0, SEEK_SET), ==, 0);
	pgp_seal(p, zip, out, m->from, recipients, &e);
	g_assert_no_error(e);
	g_autofree char *sha = fsio_sha(out, NULL, &e);
	g_assert_no_error(e);
	g_assert_true(is_numbered(file, &name));
	g_strlcpy(name.hash, sha, sizeof name.hash);
	g_autofree char *as = name_format(&name);
	fsio_rename(dir, tmp, dir, as, FSIO_REPLACE, &e);
	g_assert_no_error(e);
	close(out);
	return g_build_filename(k->dir, as, NULL);
}

char *
kit_forge(kit *k, const char *path, void (*alter)(manifest *))
{
	g_autoptr(GError) e = NULL;
	g_autofree char *file = g_path_get_basename(path);
	pgp *p = pgp_start(k->keys[ANNA], NULL, &e);
	g_assert_no_error(e);
	int dir = fsio_open_dir(k->dir, &e);
	g_assert_no_error(e);
	int plain = unsealed(p, dir, path), zip = -1;
	envelope *old = envelope_open(plain, PLAIN_MAX, &e);
	g_assert_no_error(e);
	const manifest *genuine = envelope_manifest(old);
	g_autoptr(json_ref) cover = manifest_to_json(genuine);
	g_autoptr(manifest) m = manifest_from_json(cover, &e);
	g_assert_no_error(e);

	if (alter != NULL) {
		alter(m);
		zip = rebuilt(dir, old, m);
	}
	char *ret = sealed(k, p, dir, zip >= 0 ? zip : plain, genuine, file);
	if (zip >= 0)
		close(zip);
	envelope_close(old);
	close(plain);
	close(dir);
	pgp_stop(p);
	return ret;
}

int
kit_reason(kit *k)
{
	g_autoptr(GError) e = NULL;
	g_auto(kit_link) l = kit_open(k, BERT, GATE_LOOK, NULL);
	g_autoptr(GPtrArray) all = quarantine_list(gateway_spool(l.g), &e);

	g_assert_no_error(e);
	g_assert_cmpuint(all->len, <=, 1);
	if (all->len == 0)
		return 0;
	return (int)json_num(all->pdata[0], "reason", 0);
}
