# Targets: one for each parser.  As a test, each replays its corpus by tests/fuzz/fuzz_main.c.
FUZZ_TESTS = \
	tests/fuzz/changes-fuzz \
	tests/fuzz/contract-fuzz \
	tests/fuzz/csv-fuzz \
	tests/fuzz/frame-fuzz \
	tests/fuzz/header-fuzz \
	tests/fuzz/imap-fuzz \
	tests/fuzz/imap_wire-fuzz \
	tests/fuzz/json-fuzz \
	tests/fuzz/letter-fuzz \
	tests/fuzz/mail_url-fuzz \
	tests/fuzz/manifest-fuzz \
	tests/fuzz/message-fuzz \
	tests/fuzz/mime-fuzz \
	tests/fuzz/name-fuzz \
	tests/fuzz/offer-fuzz \
	tests/fuzz/packet-fuzz \
	tests/fuzz/partner-fuzz \
	tests/fuzz/rebase-fuzz \
	tests/fuzz/reply-fuzz \
	tests/fuzz/settings-fuzz \
	tests/fuzz/status-fuzz \
	tests/fuzz/talk-fuzz \
	tests/fuzz/text-fuzz \
	tests/fuzz/value-fuzz \
	tests/fuzz/zip-fuzz

# A library, so that the main function of a fuzzer comes before ours.
check_LIBRARIES += libfuzz.a
libfuzz_a_SOURCES = \
	tests/fuzz/fuzz.c \
	tests/fuzz/fuzz.h \
	tests/fuzz/fuzz_main.c
FUZZ_LDADD = libfuzz.a $(LDADD)
FAKE_STREAM = tests/fuzz/fake_stream.c tests/fuzz/fake_stream.h

tests_fuzz_changes_fuzz_SOURCES = tests/fuzz/changes.c $(ZIP_OF) $(SYNC_KIT)
tests_fuzz_changes_fuzz_LDADD = $(FUZZ_LDADD)
tests_fuzz_contract_fuzz_SOURCES = tests/fuzz/contract.c
tests_fuzz_contract_fuzz_LDADD = $(FUZZ_LDADD)
tests_fuzz_csv_fuzz_SOURCES = tests/fuzz/csv.c
tests_fuzz_csv_fuzz_LDADD = $(FUZZ_LDADD)
tests_fuzz_frame_fuzz_SOURCES = tests/fuzz/frame.c
tests_fuzz_frame_fuzz_LDADD = $(FUZZ_LDADD)
tests_fuzz_header_fuzz_SOURCES = tests/fuzz/header.c
tests_fuzz_header_fuzz_LDADD = $(FUZZ_LDADD)
tests_fuzz_imap_fuzz_SOURCES = tests/fuzz/imap.c $(FAKE_STREAM)
tests_fuzz_imap_fuzz_LDADD = $(FUZZ_LDADD)
tests_fuzz_imap_wire_fuzz_SOURCES = tests/fuzz/imap_wire.c $(FAKE_STREAM)
tests_fuzz_imap_wire_fuzz_LDADD = $(FUZZ_LDADD)
tests_fuzz_json_fuzz_SOURCES = tests/fuzz/json.c
tests_fuzz_json_fuzz_LDADD = $(FUZZ_LDADD)
tests_fuzz_letter_fuzz_SOURCES = tests/fuzz/letter.c
tests_fuzz_letter_fuzz_LDADD = $(FUZZ_LDADD)
tests_fuzz_mail_url_fuzz_SOURCES = tests/fuzz/mail_url.c
tests_fuzz_mail_url_fuzz_LDADD = $(FUZZ_LDADD)
tests_fuzz_manifest_fuzz_SOURCES = tests/fuzz/manifest.c
tests_fuzz_manifest_fuzz_LDADD = $(FUZZ_LDADD)
tests_fuzz_message_fuzz_SOURCES = tests/fuzz/message.c
tests_fuzz_message_fuzz_LDADD = $(FUZZ_LDADD)
tests_fuzz_mime_fuzz_SOURCES = tests/fuzz/mime.c
tests_fuzz_mime_fuzz_LDADD = $(FUZZ_LDADD)
tests_fuzz_name_fuzz_SOURCES = tests/fuzz/name.c
tests_fuzz_name_fuzz_LDADD = $(FUZZ_LDADD)
tests_fuzz_offer_fuzz_SOURCES = tests/fuzz/offer.c
tests_fuzz_offer_fuzz_LDADD = $(FUZZ_LDADD)
tests_fuzz_packet_fuzz_SOURCES = tests/fuzz/packet.c src/pgp/helper_packet.c src/pgp/helper.h
tests_fuzz_packet_fuzz_LDADD = $(FUZZ_LDADD)
tests_fuzz_packet_fuzz_CFLAGS = $(AM_CFLAGS) $(GPGME_CFLAGS)
tests_fuzz_partner_fuzz_SOURCES = tests/fuzz/partner.c $(ZIP_OF) $(GATEWAY_KIT)
tests_fuzz_partner_fuzz_LDADD = $(FUZZ_LDADD)
tests_fuzz_rebase_fuzz_SOURCES = tests/fuzz/rebase.c $(ZIP_OF) $(SYNC_KIT)
tests_fuzz_rebase_fuzz_LDADD = $(FUZZ_LDADD)
tests_fuzz_reply_fuzz_SOURCES = tests/fuzz/reply.c
tests_fuzz_reply_fuzz_LDADD = $(FUZZ_LDADD)
tests_fuzz_settings_fuzz_SOURCES = tests/fuzz/settings.c
tests_fuzz_settings_fuzz_LDADD = $(FUZZ_LDADD)
tests_fuzz_status_fuzz_SOURCES = tests/fuzz/status.c src/pgp/helper_status.c src/pgp/helper_status.h
tests_fuzz_status_fuzz_LDADD = $(FUZZ_LDADD)
tests_fuzz_talk_fuzz_SOURCES = tests/fuzz/talk.c
tests_fuzz_talk_fuzz_LDADD = $(FUZZ_LDADD)
tests_fuzz_text_fuzz_SOURCES = tests/fuzz/text.c
tests_fuzz_text_fuzz_LDADD = $(FUZZ_LDADD)
tests_fuzz_value_fuzz_SOURCES = tests/fuzz/value.c
tests_fuzz_value_fuzz_LDADD = $(FUZZ_LDADD)
tests_fuzz_zip_fuzz_SOURCES = tests/fuzz/zip.c $(ZIP_OF)
tests_fuzz_zip_fuzz_LDADD = $(FUZZ_LDADD)

EXTRA_DIST += \
	tests/fuzz/corpus \
	tests/fuzz/run.sh

# What the fuzzers build: nothing but the targets.
fuzz-programs: $(FUZZ_TESTS)

# Not part of check: FUZZ_SECONDS for FUZZ_TARGET, or for each target in turn.
FUZZ_TARGET = all
FUZZ_SECONDS = 60
fuzz:
	'$(srcdir)/tests/fuzz/run.sh' libfuzzer '$(FUZZ_TARGET)' $(FUZZ_SECONDS)
fuzz-afl:
	'$(srcdir)/tests/fuzz/run.sh' afl '$(FUZZ_TARGET)' $(FUZZ_SECONDS)
.PHONY: fuzz-programs fuzz fuzz-afl
