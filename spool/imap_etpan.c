/*
 * imap_etpan - libetpan, loaded when an IMAP server is first connected to
 */
#include "base/late.h"
#include "spool/imap_private.h"

static late_library etpan = {LIBETPAN_FILE, "IMAP"};

gboolean
imap_load(GError **error)
{
	return late_load(&etpan, error);
}

LATE_FUNCTION(etpan, int, clist_insert_after, (clist * list, clistiter *after, void *item),
	      (list, after, item))
LATE_FUNCTION(etpan, clist *, clist_new, (void), ())
LATE_FUNCTION(etpan, int, mailimap_connect, (mailimap * session, mailstream *stream),
	      (session, stream))
LATE_FUNCTION(etpan, struct mailimap_fetch_att *, mailimap_fetch_att_new_body_peek_section,
	      (struct mailimap_section * section), (section))
LATE_FUNCTION(etpan, struct mailimap_fetch_att *, mailimap_fetch_att_new_body_peek_section_partial,
	      (struct mailimap_section * section, uint32_t offset, uint32_t size),
	      (section, offset, size))
LATE_FUNCTION(etpan, struct mailimap_fetch_att *, mailimap_fetch_att_new_bodystructure, (void), ())
LATE_FUNCTION(etpan, struct mailimap_fetch_att *, mailimap_fetch_att_new_flags, (void), ())
LATE_FUNCTION(etpan, struct mailimap_fetch_att *, mailimap_fetch_att_new_rfc822_size, (void), ())
LATE_FUNCTION(etpan, struct mailimap_fetch_att *, mailimap_fetch_att_new_uid, (void), ())
LATE_FUNCTION(etpan, void, mailimap_fetch_list_free, (clist * list), (list))
LATE_FUNCTION(etpan, void, mailimap_fetch_type_free, (struct mailimap_fetch_type * what), (what))
LATE_FUNCTION(etpan, int, mailimap_fetch_type_new_fetch_att_list_add,
	      (struct mailimap_fetch_type * what, struct mailimap_fetch_att *part), (what, part))
LATE_FUNCTION(etpan, struct mailimap_fetch_type *, mailimap_fetch_type_new_fetch_att_list_empty,
	      (void), ())
LATE_FUNCTION(etpan, int, mailimap_flag_list_add,
	      (struct mailimap_flag_list * flags, struct mailimap_flag *flag), (flags, flag))
LATE_FUNCTION(etpan, struct mailimap_flag_list *, mailimap_flag_list_new_empty, (void), ())
LATE_FUNCTION(etpan, struct mailimap_flag *, mailimap_flag_new_deleted, (void), ())
LATE_FUNCTION(etpan, struct mailimap_flag *, mailimap_flag_new_flag_keyword, (char *name), (name))
LATE_FUNCTION(etpan, struct mailimap_flag *, mailimap_flag_new_seen, (void), ())
LATE_FUNCTION(etpan, void, mailimap_free, (mailimap * session), (session))
LATE_FUNCTION(etpan, struct mailimap_header_list *, mailimap_header_list_new, (clist * names),
	      (names))
LATE_FUNCTION(etpan, mailimap *, mailimap_new, (size_t rate, progress_function *progress),
	      (rate, progress))
LATE_FUNCTION(etpan, void, mailimap_search_key_free, (struct mailimap_search_key * key), (key))
LATE_FUNCTION(etpan, struct mailimap_search_key *, mailimap_search_key_new_header,
	      (char *name, char *value), (name, value))
LATE_FUNCTION(etpan, struct mailimap_search_key *, mailimap_search_key_new_uid,
	      (struct mailimap_set * uids), (uids))
LATE_FUNCTION(etpan, void, mailimap_search_result_free, (clist * list), (list))
LATE_FUNCTION(etpan, void, mailimap_section_free, (struct mailimap_section * section), (section))
LATE_FUNCTION(etpan, struct mailimap_section *, mailimap_section_new,
	      (struct mailimap_section_spec * spec), (spec))
LATE_FUNCTION(etpan, struct mailimap_section *, mailimap_section_new_header_fields,
	      (struct mailimap_header_list * names), (names))
LATE_FUNCTION(etpan, int, mailimap_set_add_interval,
	      (struct mailimap_set * set, uint32_t first, uint32_t last), (set, first, last))
LATE_FUNCTION(etpan, void, mailimap_set_free, (struct mailimap_set * set), (set))
LATE_FUNCTION(etpan, struct mailimap_set *, mailimap_set_new_empty, (void), ())
LATE_FUNCTION(etpan, struct mailimap_set *, mailimap_set_new_interval,
	      (uint32_t first, uint32_t last), (first, last))
LATE_FUNCTION(etpan, struct mailimap_set *, mailimap_set_new_single, (uint32_t number), (number))
LATE_FUNCTION(etpan, void, mailimap_store_att_flags_free, (struct mailimap_store_att_flags * what),
	      (what))
LATE_FUNCTION(etpan, struct mailimap_store_att_flags *,
	      mailimap_store_att_flags_new_add_flags_silent, (struct mailimap_flag_list * flags),
	      (flags))
LATE_FUNCTION(etpan, int, mailimap_uid_copy,
	      (mailimap * session, struct mailimap_set *set, const char *folder),
	      (session, set, folder))
LATE_FUNCTION(etpan, int, mailimap_uid_expunge, (mailimap * session, struct mailimap_set *set),
	      (session, set))
LATE_FUNCTION(etpan, int, mailimap_uid_fetch,
	      (mailimap * session, struct mailimap_set *set, struct mailimap_fetch_type *what,
	       clist **result),
	      (session, set, what, result))
LATE_FUNCTION(etpan, int, mailimap_uid_move,
	      (mailimap * session, struct mailimap_set *set, const char *folder),
	      (session, set, folder))
LATE_FUNCTION(etpan, int, mailimap_uid_search_modseq,
	      (mailimap * session, const char *charset, struct mailimap_search_key *key,
	       clist **result, uint64_t *modseq),
	      (session, charset, key, result, modseq))
LATE_FUNCTION(etpan, int, mailimap_uid_store,
	      (mailimap * session, struct mailimap_set *set, struct mailimap_store_att_flags *what),
	      (session, set, what))
LATE_FUNCTION(etpan, int, mailstream_close, (mailstream * stream), (stream))
LATE_FUNCTION(etpan, mailstream_low *, mailstream_low_new,
	      (void *data, mailstream_low_driver *driver), (data, driver))
LATE_FUNCTION(etpan, mailstream *, mailstream_new, (mailstream_low * low, size_t size), (low, size))
