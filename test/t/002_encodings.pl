# Whatever the database's encoding is, the replication protocol carries UTF-8;
# SQL functions return ASCII with the same JSON value where it is not UTF8.
use strict;
use warnings FATAL => 'all';

use Test::More;
use Cdc;

my $node = new_node('main');
my $bad = "\xEF\xBF\xBD";    # U+FFFD

# encoding, a word, its escapes, bytes that the database holds, and what they are in UTF-8
my @cases = (
	[ 'UTF8', "\xC3\xA9 \xE6\x97\xA5\xE6\x9C\xAC", "\xC3\xA9 \xE6\x97\xA5\xE6\x9C\xAC", 'f09f9880c3a9', "\\uD83D\\uDE00\xC3\xA9", 0 ],
	[ 'LATIN1', "\xC3\xA9 \xC3\x9F\xC3\xBF", '\u00E9 \u00DF\u00FF', '80e9', "\xC2\x80\xC3\xA9", 0 ],
	[ 'LATIN9', "\xC3\xA9 \xE2\x82\xAC", '\u00E9 \u20AC', 'a4', "\xE2\x82\xAC", 0 ],
	[ 'WIN1252', "\xC3\xA9 \xE2\x82\xAC\xC5\x93", '\u00E9 \u20AC\u0153', '418142', "A${bad}B", 1 ],
	[ 'EUC_JP', "\xE8\xA1\xA8 \xE6\x97\xA5\xE6\x9C\xAC", '\u8868 \u65E5\u672C', '41f5a1c6fcf5a1', "A$bad\xE6\x97\xA5$bad", 1 ],
	[ 'EUC_KR', "\xED\x95\x9C\xEA\xB8\x80", '\uD55C\uAE00', 'c7d1', "\xED\x95\x9C", 0 ],
	[ 'SQL_ASCII', "\xC3\xA9 \xE6\x97\xA5", '\u00E9 \u65E5', '41ff42c3', "A${bad}B$bad", 1 ]);

for my $case (@cases)
{
	my ($encoding, $w, $escaped, $bytes, $text, $counted) = @$case;
	my $db = new_database($node, lc "enc_$encoding", $encoding);
	my $slot = new_slot($node, $db, lc "enc_$encoding");
	my (@sql, @lines, $offset, $log);

	$node->safe_psql($db, <<"SQL");
CREATE SCHEMA "$w s";
CREATE TYPE "$w s"."$w e" AS ENUM ('$w l', 'plain');
CREATE TABLE "$w s"."$w t" ("$w k" varchar(20) PRIMARY KEY, "$w v" text, b text, e "$w s"."$w e",
	a text[], j jsonb, ea "$w s"."$w e"[]);
ALTER TABLE "$w s"."$w t" REPLICA IDENTITY FULL;
INSERT INTO "$w s"."$w t" VALUES ('$w', '$w', convert_from('\\x$bytes', '$encoding'), '$w l', ARRAY['$w', NULL], '{"$w": "$w"}', '{"$w l"}');
UPDATE "$w s"."$w t" SET "$w k" = '$w 2';
DELETE FROM "$w s"."$w t";
SELECT pg_logical_emit_message(true, '$w', '');
SQL
	my $end = position($node, $db);
	my $after = qq({"$w k":"$w","$w v":"$w","b":"$text","e":"$w l","a":["$w",null],"j":"{\\"$w\\": \\"$w\\"}","ea":["$w l"]});

	for my $options ([], [ 'format=record', 'position.header=true' ], [ 'schemas.enable=true', 'format=record' ],
		[ 'debezium.quirks=true', 'provide.transaction.metadata=true' ])
	{
		my $name = join(' ', $encoding, @$options);

		$node->safe_psql($db, "SELECT pg_copy_logical_replication_slot('$slot', 'copy')");
		@sql = peek($node, $db, 'copy', @$options);
		$offset = -s $node->logfile;
		@lines = stream($node, $db, 'copy', $end, @$options);
		$node->safe_psql($db, "SELECT pg_drop_replication_slot('copy')");

		like($lines[0], qr/"after":\Q$after\E/, "$name: UTF-8") unless $name =~ /quirks/;
		ok(!(grep { my $copy = $_; !utf8::decode($copy) } @lines), "$name: all of it");
		is(@sql, @lines, "$name: as many events from SQL");
		unlike(join("\n", @sql), qr/[^\x00-\x7f]/, "$name: SQL returns ASCII") unless $encoding eq 'UTF8';
		like($sql[0], qr/"\Q$escaped\E/, "$name: with escapes") unless $name =~ /quirks/;
		is(join("\n", map { json_value($_) } masked(@sql)), join("\n", map { json_value($_) } masked(@lines)), "$name: the same JSON");
		wait_for('the end of the session', sub { $node->safe_psql('postgres', 'SELECT count(*) FROM pg_stat_replication') eq '0' });
		$log = server_log($node, $offset);
		like($log, qr/Characters without UTF8 equivalent: [1-9]/, "$name: replaced characters are counted") if $counted;
		unlike($log, qr/were incomplete/, "$name: nothing is counted") if !$counted;
		unlike($log, qr/ERROR/, "$name: no error");
	}
	like($lines[0], qr/BEGIN/, "$encoding: metadata");
	like((stream($node, $db, $slot, $end, 'format=record'))[0], qr/^\{"topic":"[A-Za-z0-9._-]+","key":\Q{"$w k":"$w"}\E/, "$encoding: topic and key");
}

# Names that have no equivalent in UTF-8.
$node->safe_psql('enc_euc_jp', <<'SQL');
DO $$
DECLARE
	odd text = convert_from('\x41f5a1', 'EUC_JP');
BEGIN
	EXECUTE format('CREATE SCHEMA %I', odd);
	EXECUTE format('CREATE TYPE odd AS ENUM (%L)', odd);
	EXECUTE format('CREATE TABLE %I.%I (%I int PRIMARY KEY, e odd)', odd, odd, odd);
	EXECUTE format('INSERT INTO %I.%I VALUES (1, %L)', odd, odd, odd);
	PERFORM pg_logical_emit_message(true, odd, odd);
END $$
SQL
my $end = position($node, 'enc_euc_jp');
my @sql = peek($node, 'enc_euc_jp', 'enc_euc_jp');
my @lines = stream($node, 'enc_euc_jp', 'enc_euc_jp', $end);
like($lines[0], qr/"after":\{"A$bad":1,"e":"A$bad"\}.*"schema":"A$bad","table":"A$bad"/, 'names without equivalent');
like($lines[1], qr/"prefix":"A$bad","content":"QfWh"/, 'a message keeps its bytes');
is(join("\n", map { json_value($_) } masked(@sql)), join("\n", map { json_value($_) } masked(@lines)), 'and the same from SQL');

# An encoding without a conversion.
SKIP:
{
	my ($status) = $node->psql('postgres', "CREATE DATABASE mule TEMPLATE template0 ENCODING 'MULE_INTERNAL' LOCALE 'C'");

	skip 'this server has no encoding MULE_INTERNAL', 3 if $status != 0;
	local $ENV{PGCLIENTENCODING} = 'MULE_INTERNAL';
	my $refusal = qr/ERROR:  encoding "MULE_INTERNAL" of the database cannot be converted to UTF8/;
	fails($node, 'mule', "SELECT pg_create_logical_replication_slot('mule', 'cdc_json')", $refusal, 'MULE_INTERNAL from SQL');
	$node->command_fails_like([ 'pg_recvlogical', '-d', $node->connstr('mule'), '-S', 'mule', '--create-slot', '-P', 'cdc_json' ],
		$refusal, 'MULE_INTERNAL from the protocol');
	is($node->safe_psql('mule', "SELECT count(*) FROM pg_replication_slots WHERE database = 'mule'"), '0', 'no slot is left');
}

$node->stop;
done_testing();
