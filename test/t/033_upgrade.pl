# pg_upgrade from 17 on takes slots along: the reader goes on where it was.
# Needs a second, older server, with its headers, beside the one under test.
use strict;
use warnings FATAL => 'all';

use Cwd;
use PostgreSQL::Test::Cluster;
use Test::More;
use Cdc;
use PostgreSQL::Test::Utils;

my $db = 'shop';
my $root = getcwd();
my $new = PostgreSQL::Test::Cluster->new('new');
my ($major) = $new->pg_version =~ /^(\d+)/;
my ($old_major) = sort { $b <=> $a } grep { $_ >= 17 && $_ < $major }
  map { m{/(\d+)/} ? $1 : () } grep { -d s{bin/postgres$}{lib/pgxs}r } glob '/usr/lib/postgresql/*/bin/postgres';

plan skip_all => 'no older server, 17 or later, to upgrade from' unless $old_major;

# The plugin, built for the old server.
my $old_bin = "/usr/lib/postgresql/$old_major/bin";
my $old_lib = "$PostgreSQL::Test::Utils::tmp_check/plugin";
system_or_bail('mkdir', $old_lib);
system_or_bail('cp', '-R', "$root/src", "$root/sql", "$root/Makefile", "$root/cdc_json.control", $old_lib);
system_or_bail('sh', '-c', "cd '$old_lib' && find . -name '*.o' -exec rm {} + && make -s PG_CONFIG='$old_bin/pg_config' >make.log 2>&1");

my $old = PostgreSQL::Test::Cluster->new('old', install_path => "/usr/lib/postgresql/$old_major");
my @conf = ('max_replication_slots = 10', 'autovacuum = off', 'wal_sender_timeout = 0', 'fsync = off');
my @initdb = ('--encoding=UTF8', '--locale=C', '--data-checksums');
{
	# settings of the tests are those of the new server
	local $ENV{TEMP_CONFIG};
	delete $ENV{TEMP_CONFIG};
	$old->init(allows_streaming => 'logical', extra => \@initdb);
	# the module's own settings are those of the new server, too
	$old->adjust_conf('postgresql.conf', 'autovacuum_worker_slots', undef) if $old_major < 18;
}
$old->append_conf('postgresql.conf', join "\n", @conf, "dynamic_library_path = '$old_lib:\$libdir'");
$old->append_conf('postgresql.conf', "output_plugin_libraries = 'cdc_json'")
  if `$old_bin/postgres --describe-config` =~ /^output_plugin_libraries/m;
$old->start;
$old->safe_psql('postgres', "CREATE DATABASE $db");
$old->safe_psql($db, <<'SQL');
CREATE TYPE mood AS ENUM ('low', 'high');
CREATE TABLE t (id int PRIMARY KEY, gone int, v text, m mood, n numeric(6,2) DEFAULT 1.5);
ALTER TABLE t DROP gone, ADD added text DEFAULT 'filled';
SQL
new_slot($old, $db, 'stays');
$old->safe_psql($db, "INSERT INTO t (id, v, m) SELECT g, 'old', 'low' FROM generate_series(1, 20) g");

# 17.12 keeps a version with each column, as the option pg_attver, which its own
# pg_dump leaves out.  pg_upgrade dumps with that of the new server; one that is
# older (18.6, 19rc1) prints the option for each column and then refuses it: no
# table made by 17.12 can be upgraded, with slots or without.  One made by 17.11
# can, for it has no versions: and so ours has none, in that case.
my ($option) = $old->safe_psql($db, "SELECT attoptions FROM pg_attribute WHERE attrelid = 't'::regclass AND attname = 'id'") =~ /(pg_\w+)=/;
my $unknown = $option && system("grep -q $option '" . $new->config_data('--bindir') . "/postgres'") != 0;

my @before = stream($old, $db, 'stays', position($old, $db), 'format=record');
is(scalar @before, 20, "events of $old_major");
if ($unknown)
{
	note("without the column option $option, which $major does not know");
	$old->safe_psql($db, "UPDATE pg_attribute SET attoptions = NULL WHERE attrelid = 't'::regclass");
	$old->safe_psql($db, "INSERT INTO t (id, v, m) VALUES (0, 'last', 'high')");
	is(scalar(stream($old, $db, 'stays', position($old, $db), 'format=record')), 1, 'and goes on');
}
$old->stop;

$new->init(allows_streaming => 'logical', extra => \@initdb);
$new->append_conf('postgresql.conf', join "\n", @conf);
chdir $PostgreSQL::Test::Utils::tmp_check;
command_ok(
	[
		'pg_upgrade', '--no-sync', '-d', $old->data_dir, '-D', $new->data_dir, '-b', $old_bin,
		'-B', $new->config_data('--bindir'), '-s', $new->host, '-p', $old->port, '-P', $new->port, '-U', (getpwuid $<)[0]
	],
	"pg_upgrade from $old_major to $major");
chdir $root;

$new->start;
is($new->safe_psql($db, "SELECT plugin, invalidation_reason IS NULL FROM pg_replication_slots WHERE slot_name = 'stays'"), 'cdc_json|t', 'the slot is there');
$new->safe_psql($db, "UPDATE t SET v = 'new' WHERE id = 7");
$new->safe_psql($db, "ALTER TYPE mood ADD VALUE 'higher'");
$new->safe_psql($db, "INSERT INTO t (id, v, m) VALUES (21, 'new', 'higher')");
$new->safe_psql($db, 'DELETE FROM t WHERE id = 8');
my @events = map { event($_) } stream($new, $db, 'stays', position($new, $db), 'format=record');
is(join(' ', map { $_->{value} ? $_->{value}{op} : 'null' } @events), 'u c d null', "events of $major: what came after, and nothing twice");
is(join(' ', map { $_->{key}{id} } @events), '7 21 8 8', 'their keys');
is_deeply([ sort keys %{ $events[0]{value}{after} } ], [ sort keys %{ event($before[0])->{value}{after} } ], 'the columns');
is($events[0]{value}{after}{added}, 'filled', 'a value that no row holds');
is($events[1]{value}{after}{m}, 'higher', 'a new label');
is($events[0]{topic}, event($before[0])->{topic}, 'the topic');
unlike(server_log($new), qr/terminated by signal|PANIC/, 'no process died');
$new->stop;
done_testing();
