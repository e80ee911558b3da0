#include "tests/unit/mime_kit.h"

#define NAME "01j9x4ab-m00000017-2cf24dba.zip.gpg"
#define D    "Content-Disposition: attachment"
#define T    "Content-Type: application/octet-stream"

static void
assert_name(const char *disposition, const char *type, const char *expected)
{
	g_autofree char *name = kit_name(disposition, type);

	g_assert_cmpstr(name, ==, expected);
}

static void
test_plain(void)
{
	assert_name(D "; filename=\"" NAME "\"", NULL, NAME);
	assert_name(D "; filename=" NAME, NULL, NAME);
	assert_name(D ";filename = " NAME " ; size=7", NULL, NAME);
	assert_name(D "; size=7;\r\n\tFILENAME=\"" NAME "\"", NULL, NAME);
	assert_name(NULL, T "; name=\"" NAME "\"", NAME);
	assert_name(D, T "; name=" NAME, NAME);
	assert_name(D "; filename=\"" NAME "\"", T "; name=other", NAME);
	assert_name(D "; filename=a b.zip; x=y", NULL, "a b.zip");
	assert_name(D "; filename=\"a\\\"b\\\\c\"", NULL, "a\"b\\c");
	assert_name(D "; filename=\"a;b=c\"; filename2=d", NULL, "a;b=c");
	assert_name(D " (; filename=no) ; x=\"; filename=no\"; filename=yes", NULL, "yes");
}

static void
test_none(void)
{
	assert_name(NULL, NULL, NULL);
	assert_name(D, T, NULL);
	assert_name(D "; filename=\"\"", T "; name", NULL);
	assert_name(D "; filename", T "; names=x", NULL);
	assert_name(D "; xfilename=x; filename-x=y; filename*x=z; filename*0x=z", NULL, NULL);
	assert_name(D "; filename*1=x; filename*-1=y; filename*100=z", NULL, NULL);
	assert_name(D "; filename=\"\x01\x02\"", NULL, NULL);
	assert_name(";;;;=;=x;\"", "Content-Type: ;name=x", "x");
}

static void
test_unended(void)
{
	assert_name(D "; filename=\"" NAME, NULL, NAME);
	assert_name(D "; filename=\"a\\", NULL, "a\\");
	assert_name(D "; filename=a (", NULL, "a (");
	assert_name(D " (((; filename=a", NULL, NULL);
}

static void
test_2231(void)
{
	assert_name(D "; filename*=UTF-8''%C3%BCber.zip", NULL, "über.zip");
	assert_name(D "; filename*=iso-8859-1'de'%FCber.zip", NULL, "über.zip");
	assert_name(D "; filename=wrong; filename*=utf-8''right", NULL, "right");
	assert_name(D "; filename*0=01j9x4ab-m00000017-;\r\n filename*1=\"2cf24dba.zip.gpg\"", NULL,
		    NAME);
	assert_name(D "; filename*1=\"2cf24dba.zip.gpg\"; filename*0=01j9x4ab-m00000017-", NULL,
		    NAME);
	assert_name(D "; filename*0*=utf-8''%C3; filename*1*=%BCb; filename*2=%41.zip", NULL,
		    "üb%41.zip");
	assert_name(D "; filename*0=a; filename*2=c", NULL, "a");
	assert_name(D "; filename*0=a; filename*0=b", NULL, "a");
	assert_name(D "; filename*=%41%4", NULL, "A%4");
	assert_name(D "; filename*=x-unknown''%C3%BC", NULL, "ü");
	assert_name(D "; filename*=../../x''%FC", NULL, "ü");
	assert_name(D "; filename*=utf-8''%FC", NULL, "ü");
	assert_name(NULL, T "; name*0*=utf-8''a; name*1*=%20b", "a b");
	assert_name(D "; filename*=utf-8''a%0D%0Ab%7F%C2%85c", NULL, "abc");
}

static void
test_2047(void)
{
	assert_name(D "; filename=\"=?UTF-8?B?w7xiZXIuemlw?=\"", NULL, "über.zip");
	assert_name(D "; filename=\"=?iso-8859-1?q?=FCber=2Ezip?=\"", NULL, "über.zip");
	assert_name(D "; filename==?utf-8?Q?=C3=BCber_1.zip?=", NULL, "über 1.zip");
	assert_name(
		D "; filename=\"=?utf-8?Q?01j9x4ab-m00000017-?=\r\n =?utf-8?Q?2cf24dba.zip.gpg?=\"",
		NULL, NAME);
	assert_name(D "; filename*0=\"=?utf-8?Q?=C3=BCber?=\"; filename*1=\".zip\"", NULL,
		    "über.zip");
}

static void
test_raw(void)
{
	assert_name(D "; filename=\"\xfc"
		      "ber.zip\"",
		    NULL, "über.zip");
	assert_name(D "; filename=\"über.zip\"", NULL, "über.zip");
	assert_name(D "; filename=\"\x80uro\"", NULL, "€uro");
	assert_name(D "; filename=\xfc", NULL, "ü");
}

static void
assert_subject(const char *raw, const char *expected)
{
	g_autofree char *text = g_strconcat("Subject: ", raw, "\r\n\r\n", NULL);
	g_autoptr(mime) m = kit_open_text(text);

	g_assert_cmpstr(mime_subject(m), ==, expected);
}

static void
test_subject(void)
{
	assert_subject("plain  text", "plain  text");
	assert_subject("folded\r\n text\r\n\ttwice", "folded text twice");
	assert_subject("=?utf-8?Q?a?= =?utf-8?B?Yg==?= c =?utf-8?Q?d?=e", "ab c de");
	assert_subject("a =?utf-8?Q?b?= \r\n =?iso-8859-1*de?Q?=FC?=", "a bü");
	/* One character in two words. */
	assert_subject("=?utf-8?Q?=C3?= =?utf-8?Q?=BC?=", "ü");
	assert_subject("=?iso-2022-jp?B?GyRCNEE7ehsoQg==?=", "漢字");
	assert_subject("=?gb2312?B?urrX1g==?=", "汉字");
	assert_subject("=?windows-1252?Q?=80?=", "€");
	assert_subject("=?x-unknown?Q?=C3=BC?=", "ü");
	assert_subject("=?utf-8?Q?a=0D=0AX:_y=00z?=", "aX: y\xef\xbf\xbdz");
}

static void
test_subject_damage(void)
{
	assert_subject("=?", "=?");
	assert_subject("=?utf-8", "=?utf-8");
	assert_subject("=?utf-8?", "=?utf-8?");
	assert_subject("=?utf-8?Q", "=?utf-8?Q");
	assert_subject("=?utf-8?Q?", "=?utf-8?Q?");
	assert_subject("=?utf-8?Q?a", "=?utf-8?Q?a");
	assert_subject("=?utf-8?X?a?=", "=?utf-8?X?a?=");
	assert_subject("=??Q?a?=", "=??Q?a?=");
	assert_subject("=?utf-8?Q?"
		       "?=",
		       "");
	assert_subject("=?utf-8?B?"
		       "?=",
		       "");
	assert_subject("=?utf-8?B?!?=", "");
	assert_subject("=?utf-8?Q?=4?= =?=?utf-8?Q?b?=", "=4 =?b");
	assert_subject("", "");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mime_name/a_name_stands_in_one_of_two_fields", test_plain);
	g_test_add_func("/mime_name/no_name_is_none", test_none);
	g_test_add_func("/mime_name/quotes_and_comments_may_never_end", test_unended);
	g_test_add_func("/mime_name/names_in_pieces_and_other_alphabets", test_2231);
	g_test_add_func("/mime_name/encoded_words_in_names", test_2047);
	g_test_add_func("/mime_name/raw_bytes_in_names", test_raw);
	g_test_add_func("/mime_name/subjects_are_decoded", test_subject);
	g_test_add_func("/mime_name/broken_words_stay", test_subject_damage);
	return g_test_run();
}
