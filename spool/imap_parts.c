/*
 * The parts of a mail, as the server tells them (RFC 3501, 7.4.2).
 */
#include <string.h>

#include "spool/imap_private.h"
#include "spool/mime_private.h"

#define TEXT_MAX 8192 /* bytes of the parameters of one part */

static void
append_quoted(GString *out, const char *text)
{
	g_string_append_c(out, '"');
	for (const char *p = text; *p != '\0'; p++) {
		if (*p == '"' || *p == '\\')
			g_string_append_c(out, '\\');
		g_string_append_c(out, *p);
	}
	g_string_append_c(out, '"');
}

/* Some servers give parameters as they stand in the mail, in pieces too (RFC 2231), so they are
 * made a field again. */
static void
add_names(GPtrArray *names, const struct mailimap_body_fld_param *p)
{
	static const char *const keys[] = {"name", "filename"};
	g_autoptr(GString) field = g_string_new("x");

	if (p == NULL || p->pa_list == NULL)
		return;
	for (clistiter *i = clist_begin(p->pa_list); i != NULL; i = clist_next(i)) {
		const struct mailimap_single_body_fld_param *one = clist_content(i);

		if (one->pa_name == NULL || one->pa_value == NULL ||
		    strpbrk(one->pa_name, "=;\"( \t") != NULL ||
		    field->len + strlen(one->pa_name) + strlen(one->pa_value) > TEXT_MAX)
			continue;
		g_string_append_printf(field, "; %s=", one->pa_name);
		append_quoted(field, one->pa_value);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
		char *name = mime_param(field->str, keys[i]);

		if (name != NULL)
			g_ptr_array_add(names, name);
	}
}

static void look_into(imap_mail *, const struct mailimap_body *, guint depth);

static void
look_into_one(imap_mail *m, const struct mailimap_body_type_1part *b, guint depth)
{
	const struct mailimap_body_fields *fields = NULL;

	switch (b->bd_type) {
	case MAILIMAP_BODY_TYPE_1PART_BASIC:
		fields = b->bd_data.bd_type_basic->bd_fields;
		break;
	case MAILIMAP_BODY_TYPE_1PART_TEXT:
		fields = b->bd_data.bd_type_text->bd_fields;
		break;
	case MAILIMAP_BODY_TYPE_1PART_MSG:
		fields = b->bd_data.bd_type_msg->bd_fields;
		look_into(m, b->bd_data.bd_type_msg->bd_body, depth + 1);
		break;
	default:
		break;
	}
	if (fields != NULL)
		add_names(m->names, fields->bd_parameter);
	if (b->bd_ext_1part != NULL && b->bd_ext_1part->bd_disposition != NULL)
		add_names(m->names, b->bd_ext_1part->bd_disposition->dsp_attributes);
}

/* The wire has seen to it that this ends. */
static void
look_into(imap_mail *m, const struct mailimap_body *b, guint depth)
{
	if (b == NULL)
		return;
	if (b->bd_type == MAILIMAP_BODY_1PART) {
		look_into_one(m, b->bd_data.bd_body_1part, depth);
		return;
	}
	const struct mailimap_body_type_mpart *p = b->bd_data.bd_body_mpart;
	if (p == NULL || p->bd_list == NULL)
		return;
	if (depth == 0 && p->bd_media_subtype != NULL &&
	    g_ascii_strcasecmp(p->bd_media_subtype, "report") == 0)
		m->report = TRUE;
	for (clistiter *i = clist_begin(p->bd_list); i != NULL; i = clist_next(i))
		look_into(m, clist_content(i), depth + 1);
}

void
imap_read_structure(imap_mail *m, const struct mailimap_body *structure)
{
	m->odd = FALSE;
	g_ptr_array_set_size(m->names, 0);
	look_into(m, structure, 0);
}
