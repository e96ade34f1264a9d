# Tables that are created, altered and dropped while a slot is read: each event
# shows its table as it was, also when it is gone by then.
use strict;
use warnings FATAL => 'all';

use Test::More;
use Cdc;

my $node = new_node('main');
my $db = 'postgres';
my $tables = 60;
my ($script, @expected) = ('');

# One life of a table, and what its events must have: schema, table, row.
sub step
{
	my ($sql, @event) = @_;

	$script .= "$sql;\n";
	push @expected, join '|', @event if @event;
	return;
}

for my $i (1 .. $tables)
{
	my ($s, $t) = ("s$i", "t$i");

	step("CREATE SCHEMA $s");
	step("CREATE TYPE $s.e AS ENUM ('a')");
	step("CREATE TABLE $s.$t (id int PRIMARY KEY, v text)");
	step("INSERT INTO $s.$t VALUES (1, 'x')", $s, $t, '{"id":1,"v":"x"}');
	step("ALTER TABLE $s.$t ADD COLUMN n int DEFAULT $i");
	step("INSERT INTO $s.$t VALUES (2, 'y')", $s, $t, qq({"id":2,"v":"y","n":$i}));
	step("UPDATE $s.$t SET v = 'z' WHERE id = 1", $s, $t, qq({"id":1,"v":"z","n":$i}));
	step("ALTER TABLE $s.$t ALTER n TYPE text USING 'n' || n");
	step("INSERT INTO $s.$t VALUES (3, NULL, 'three')", $s, $t, '{"id":3,"v":null,"n":"three"}');
	step("ALTER TABLE $s.$t RENAME n TO m");
	step("INSERT INTO $s.$t VALUES (4)", $s, $t, qq({"id":4,"v":null,"m":"$i"}));
	step("ALTER TABLE $s.$t DROP COLUMN v");
	step("INSERT INTO $s.$t VALUES (5, 'five')", $s, $t, '{"id":5,"m":"five"}');
	step("ALTER TABLE $s.$t ADD COLUMN v $s.e");
	step("INSERT INTO $s.$t VALUES (6, '', 'a')", $s, $t, '{"id":6,"m":"","v":"a"}');
	step("ALTER TYPE $s.e RENAME VALUE 'a' TO 'b'");
	step("UPDATE $s.$t SET v = 'b' WHERE id = 6", $s, $t, '{"id":6,"m":"","v":"b"}');
	step("ALTER TYPE $s.e ADD VALUE 'c'");
	step("INSERT INTO $s.$t VALUES (7, '', 'c')", $s, $t, '{"id":7,"m":"","v":"c"}');
	step("ALTER TABLE $s.$t RENAME TO r$i");
	step("INSERT INTO $s.r$i VALUES (8)", $s, "r$i", qq({"id":8,"m":"$i","v":null}));
	step("ALTER SCHEMA $s RENAME TO q$i");
	step("INSERT INTO q$i.r$i VALUES (9)", "q$i", "r$i", qq({"id":9,"m":"$i","v":null}));

	# within one transaction, and undone
	step('BEGIN');
	step("ALTER TABLE q$i.r$i DROP COLUMN v");
	step("INSERT INTO q$i.r$i VALUES (10)", "q$i", "r$i", qq({"id":10,"m":"$i"}));
	step('SAVEPOINT p');
	step("ALTER TABLE q$i.r$i DROP COLUMN m, ADD COLUMN b bytea");
	step("INSERT INTO q$i.r$i VALUES (11)");
	step('ROLLBACK TO p');
	step("INSERT INTO q$i.r$i VALUES (12, 'twelve')", "q$i", "r$i", '{"id":12,"m":"twelve"}');
	step("ALTER TABLE q$i.r$i ADD COLUMN z timestamptz DEFAULT '2026-01-01 00:00:00+00'");
	step("INSERT INTO q$i.r$i VALUES (13, '')", "q$i", "r$i", '{"id":13,"m":"","z":"2026-01-01T00:00:00.000000Z"}');
	step('COMMIT');
	step("CREATE TABLE q$i.again (id int PRIMARY KEY); INSERT INTO q$i.again VALUES (1)", "q$i", 'again', '{"id":1}');
	step("DROP TABLE q$i.again; CREATE TABLE q$i.again (id text PRIMARY KEY, j jsonb); INSERT INTO q$i.again VALUES ('1')", "q$i", 'again', '{"id":"1","j":null}');
	step("TRUNCATE q$i.again");
	step("DROP SCHEMA q$i CASCADE") if $i % 2;
}

new_slot($node, $db, 'live');
new_slot($node, $db, 'late');
my $reader = follow($node, $db, 'live', 'format=record', '-s 1');
active_pid($node, 'live');

# an open transaction that began before all of it, with a table of the same life
my ($stdin, $stdout) = ('', '');
my $session = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr($db) ], '<', \$stdin, '>', \$stdout);
$stdin = "BEGIN; CREATE TABLE long (id int PRIMARY KEY, v text); INSERT INTO long VALUES (1, 'first'); SELECT 'open';\n";
wait_for('an open transaction', sub { $session->pump_nb; $stdout =~ /open/ });
$node->safe_psql($db, $script);
$stdin .= "ALTER TABLE long DROP COLUMN v; INSERT INTO long VALUES (2); COMMIT;\n\\q\n";
$session->finish;
push @expected, 'public|long|{"id":1,"v":"first"}', 'public|long|{"id":2}';
$node->safe_psql($db, 'DROP TABLE long; CREATE TABLE last (id int)');
$node->safe_psql($db, 'INSERT INTO last VALUES (1)');
push @expected, 'public|last|{"id":1}';

my $end = position($node, $db);
ok($reader->wait_for_lines(scalar @expected), 'events while tables come and go');
ok($node->poll_query_until($db, "SELECT confirmed_flush_lsn >= '$end' FROM pg_replication_slots WHERE slot_name = 'live'"), 'all of them');
$reader->stop;
my @live = $reader->lines;
my @late = stream($node, $db, 'late', $end, 'format=record');
my @got = map { /"after":(\{.*?\}),"source":.*"schema":"(\w+)","table":"(\w+)"/ ? "$2|$3|$1" : $_ } @live;

is(join("\n", @got), join("\n", @expected), 'every event has its table as it was');
same_events(\@live, \@late, 'read when all is over');
unlike(server_log($node), qr/ERROR: |terminated by signal|PANIC|no representation/, 'no error');

# Two sessions, with DDL between the changes of an open transaction.
my $slot = new_slot($node, $db, 'between');
$node->safe_psql($db, "CREATE TYPE mood AS ENUM ('ok'); CREATE TABLE a (id int PRIMARY KEY, m mood); CREATE TABLE p (id int, v text) PARTITION BY RANGE (id)");
($stdin, $stdout) = ("BEGIN; INSERT INTO a VALUES (1, 'ok'); SELECT 'open';\n", '');
$session = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr($db) ], '<', \$stdin, '>', \$stdout);
wait_for('an open transaction', sub { $session->pump_nb; $stdout =~ /open/ });
$node->safe_psql($db, "ALTER TYPE mood ADD VALUE 'sad'; CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (10); CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20)");
$stdin .= "INSERT INTO a VALUES (2, 'sad'); INSERT INTO p VALUES (1, 'x'); SELECT 'twice';\n";
wait_for('the second row', sub { $session->pump_nb; $stdout =~ /twice/ });
$node->safe_psql($db, "ALTER TYPE mood RENAME TO humour; ALTER INDEX a_pkey RENAME TO a_key; CREATE TABLE unrelated (id int)");
$stdin .= "INSERT INTO a VALUES (3, 'sad'); INSERT INTO p VALUES (11, 'y'); COMMIT;\n\\q\n";
$session->finish;
$end = position($node, $db);
@got = map { /"after":(\{.*?\}),"source":.*"table":"(\w+)"/ ? "$2 $1" : $_ } stream($node, $db, $slot, $end);
is(join("\n", @got), <<'EOT' =~ s/\n\z//r, 'DDL of another session within a transaction');
a {"id":1,"m":"ok"}
a {"id":2,"m":"sad"}
p1 {"id":1,"v":"x"}
a {"id":3,"m":"sad"}
p2 {"id":11,"v":"y"}
EOT

$node->stop;
done_testing();
