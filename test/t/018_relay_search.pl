# The relay with the sink search: documents, versions, rows read again, errors
# of every class against a receiver that does as it is told; then against a
# real OpenSearch, where there is Java and Maven.
use strict;
use warnings FATAL => 'all';

use JSON::PP;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep);
use Cdc;
use Relay;
use Sinks;

build_relay();
need_sink('search', 'python3');

my $json = JSON::PP->new->utf8->canonical;
my $dir = $ENV{TESTDIR} || $PostgreSQL::Test::Utils::tmp_check;
my $node = new_node('main', 'wal_sender_timeout = 5s');
my $db = 'postgres';
my $dsn = $node->connstr($db);
my $receiver = receiver();
my $metrics = free_port();
my @relay = ('--dsn', $dsn, '--slot', 's', '--sink', 'search', '--option', 'topic.prefix=app');
my @to = (@relay, '--set', 'url=' . $receiver->url);
my ($status, $out, $err, $r);

sub set
{
	return map { ('--set', $_) } @_;
}

# Documents of the receiver, by their ids; those that were deleted are undef.
sub documents
{
	my ($index) = @_;
	my $documents = $receiver->state->{documents};

	return { map { m{^\Q$index\E/(.*)$}s ? ($1 => defined $documents->{$_}{document} ? $json->encode($documents->{$_}{document}) : undef) : () } keys %$documents };
}

sub existing
{
	my ($documents) = @_;

	return { map { defined $documents->{$_} ? ($_ => $documents->{$_}) : () } keys %$documents };
}

# --- properties ------------------------------------------------------------

for my $case (
	[ ['url=ftp://x'], qr/invalid value for property "url"/ ],
	[ ['url=http://me:hunter2@x/'], qr/the property "url" has a user or a password/ ],
	[ [ 'url=http://x', 'bogus=1' ], qr/no property "bogus".*Properties are url, user,/s ],
	[ [ 'url=http://x', 'password=hunter2' ], qr/property "password" needs "user"/ ],
	[ [ 'url=http://x', 'user=a', 'authorization=b' ], qr/exclude each other/ ],
	[ [ 'url=http://x', 'index={id}x' ], qr/columns have no place here/ ],
	[ [ 'url=http://x', 'bulk.records=0' ], qr/invalid value for property "bulk.records": "0"/ ],
	[ [ 'url=http://x', 'bulk.bytes=1' ], qr/invalid value for property "bulk.bytes": "1"/ ],
	[ [ 'url=http://x', 'truncate.policy=flush' ], qr/Valid are "empty", "stop"/ ],
	[ [ 'url=http://x', 'dead.letter.file=/nonexistent/x' ], qr/could not open file/ ])
{
	($status, $out, $err) = relay(@relay, set(@{ $case->[0] }));
	is($status, 2, "@{$case->[0]}: status");
	like($err, $case->[1], "@{$case->[0]}: message");
	unlike($err, qr/hunter2/, "@{$case->[0]}: no secrets");
}
($status, $out, $err) = relay(@relay);
like($err, qr/the sink "search" needs --set url=/, 'no url');

# --- documents -------------------------------------------------------------

my $extension = $node->safe_psql($db, "SELECT count(*) FROM pg_available_extensions WHERE name = 'cdc_json'") eq '1';
$node->safe_psql($db, 'CREATE EXTENSION cdc_json') if $extension;
$node->safe_psql($db, <<'SQL');
CREATE TABLE item (id int PRIMARY KEY, v text, big text);
ALTER TABLE item ALTER big SET STORAGE EXTERNAL;
CREATE TABLE pair (a text, b int, v text, PRIMARY KEY (a, b));
CREATE TABLE "Odd Name" (id int PRIMARY KEY);
CREATE TABLE keyless (v text);
SELECT pg_create_logical_replication_slot('s', 'cdc_json');
INSERT INTO item SELECT g, 'v' || g FROM generate_series(1, 300) g;
UPDATE item SET v = v || E'\n"é' WHERE id <= 50;
UPDATE item SET id = 1001 WHERE id = 1;
DELETE FROM item WHERE id = 2;
INSERT INTO pair VALUES ('x:y', 1, 'p');
INSERT INTO "Odd Name" VALUES (1);
SQL
$node->safe_psql($db, "SELECT pg_copy_logical_replication_slot('s', 'replay')");
($status, $out, $err) = relay(@to, '--endpos', 'current');
is($status, 0, 'documents: status') or diag $err;
is_deeply(existing(documents('app.public.item')), table_rows($node, $db, 'item'), 'documents are the rows');
is(documents('app.public.item')->{2}, undef, 'a delete is a delete');
is_deeply([ keys %{ documents('app.public.pair') } ], ['x\\:y:1'], 'ids of several columns');
is_deeply([ grep { /odd/ } keys %{ $receiver->state->{documents} } ], ['app.public.odd_name/1'], "names are the server's kind of names");
# changes of one row in one bulk: only the last one goes out
$node->safe_psql($db, "BEGIN; INSERT INTO item VALUES (350, 'a'); UPDATE item SET v = 'b' WHERE id = 350; UPDATE item SET v = 'c' WHERE id = 350; COMMIT");
($status, $out, $err) = relay(@to, '--endpos', 'current');
my @lines = map { split /\n/, $_->{body} } @{ $receiver->state->{requests} };
is(scalar(grep { /"_id":"350",/ } @lines), 1, 'each document once in a bulk');
is(documents('app.public.item')->{350}, '{"big":null,"id":350,"v":"c"}', 'each document with its last change');

# What comes again changes nothing.
my $before = $receiver->state->{documents};
($status, $out, $err) = relay('--dsn', $dsn, '--slot', 'replay', '--sink', 'search', '--option', 'topic.prefix=app', set('url=' . $receiver->url), '--endpos', 'current');
is($status, 0, 'a replay: status');
is_deeply($receiver->state->{documents}, $before, 'a replay: versions keep what is newer');

# Templates
$node->safe_psql($db, "INSERT INTO pair VALUES ('n', 2, 'q'); INSERT INTO keyless VALUES ('x')");
($status, $out, $err) = relay(@to, set('index={schema}-{table}', 'id.public.pair={b}/{a}'), '--endpos', 'current');
is($status, 4, 'no key: status');
like($err, qr/needs a key, and "public.keyless" has none/, 'no key: message');
($status, $out, $err) = relay(@to, set('index={schema}-{table}', 'id.public.pair={b}/{a}', 'index.public.keyless='), '--endpos', 'current');
is($status, 0, 'templates: status') or diag $err;
is(documents('public-pair')->{'2/n'}, '{"a":"n","b":2,"v":"q"}', 'templates');

# --- refused documents -----------------------------------------------------

$receiver->behave(items => { 400 => { status => 400, type => 'mapper_parsing_exception', reason => "failed to parse" } });
$node->safe_psql($db, "INSERT INTO item SELECT g, 'r' FROM generate_series(399, 401) g");
($status, $out, $err) = relay(@to, '--endpos', 'current');
is($status, 4, 'refused: status');
like($err, qr/refused a document with status 400: mapper_parsing_exception: failed to parse.*dead.letter.file=FILE/s, 'refused: message');
($status, $out, $err) = relay(@to, set("dead.letter.file=$dir/dead"), '--endpos', 'current');
is($status, 0, 'dead letter: status') or diag $err;
my @dead = map { $json->decode($_) } lines("$dir/dead");
is(scalar(@dead), 1, 'dead letter: one');
is("$dead[0]{status} $dead[0]{reason} $dead[0]{_index} $dead[0]{_id} $dead[0]{record}{value}{after}{v}",
	'400 mapper_parsing_exception: failed to parse app.public.item 400 r', 'dead letter: the reason and the record');
is(scalar(grep { defined } @{ documents('app.public.item') }{ 399, 401 }), 2, 'dead letter: the others are there');

# The server takes no such large requests: they are halved, down to the one.
$receiver->behave(largest => 3000);
$node->safe_psql($db, "INSERT INTO item SELECT g, repeat('x', CASE g WHEN 523 THEN 5000 ELSE 50 END) FROM generate_series(500, 560) g");
($status, $out, $err) = relay(@to, set("dead.letter.file=$dir/dead2"), '--endpos', 'current');
is($status, 0, 'too large: status') or diag $err;
@dead = map { $json->decode($_) } lines("$dir/dead2");
is("$dead[0]{status} $dead[0]{_id} " . scalar(@dead), '413 523 1', 'too large: the one document');
is(scalar(grep { defined } @{ documents('app.public.item') }{ 500 .. 560 }), 60, 'too large: the others are there');

# --- errors that heal ------------------------------------------------------

$receiver->behave();
$r = start_relay('search', @to, '--status-interval', '0.1', '--retry-max', '0.5', '--metrics', $metrics, set('timeout.seconds=1'));
my $id = 2000;

sub survives
{
	my ($name, $behaviour, $pattern) = @_;
	my $offset = -s $r->{err} || 0;
	my $waiting;

	$id++;
	ref $behaviour eq 'CODE' ? $behaviour->() : $receiver->behave(%$behaviour);
	$waiting = unconfirmed($node, $db, 's', "INSERT INTO item VALUES ($id, '$name')");
	wait_until("$name is in the log", sub { substr($r->log_text . "\n", $offset) =~ $pattern });
	ok($waiting->(), "$name: not confirmed");
	ref $behaviour eq 'CODE' ? $receiver->restart : $receiver->behave();
	wait_until("$name is over", confirmed($node, $db, 's'));
	like(documents('app.public.item')->{$id}, qr/"v":"\Q$name\E"/, "$name: it arrives");
	return;
}

survives('busy', { items => { 2001 => { status => 429, type => 'es_rejected_execution_exception', reason => 'queue full' } } },
	qr/did not take 1 of 1 documents: 429: es_rejected_execution_exception: queue full/);
survives('read-only', { items => { 2002 => { status => 403, type => 'cluster_block_exception', reason => 'index read-only / allow delete (api)' } } },
	qr/cluster_block_exception.*The index is read-only/s);
survives('not made', { items => { 2003 => { status => 404, type => 'index_not_found_exception', reason => 'no such index' } } }, qr/no such index/);
survives('broken', { status => 500, search_status => 500, body => '{"error":{"type":"x","reason":"trouble"}}' }, qr/answered with status 500: x: trouble/);
survives('all busy', { search_status => 429 }, qr/answered with status 429/);
survives('credentials', { search_status => 401 }, qr/status 401.*Check user and password/s);
survives('slow', { delay => 2 }, qr/could not reach .*timed out/i);
survives('nonsense', { search_status => 200.5 }, qr/does not tell about each document|could not reach/);
survives('away', sub { $receiver->stop }, qr/could not reach "http.*Failed to connect/);
cmp_ok(metric($metrics, 'sink_retries_total'), '>=', 9, 'metrics count retries');
is(metric($metrics, 'sink_failing'), 0, 'metrics: it works');

# Two of three are taken at once, the third later; what follows waits.
$receiver->behave(items => { 3001 => { status => 429, reason => 'full', times => 2 } });
$node->safe_psql($db, "INSERT INTO item SELECT g, 'part' FROM generate_series(3000, 3002) g; DELETE FROM item WHERE id = 3001");
wait_until('a part is sent again', confirmed($node, $db, 's'));
is_deeply([ sort keys %{ existing({ map { $_ => documents('app.public.item')->{$_} } 3000 .. 3002 }) } ], [ 3000, 3002 ], 'a part is sent again');
is($r->stop, 0, 'it ends in good order');

# --- --check ---------------------------------------------------------------

($status, $out, $err) = relay(@to, '--check');
like($out, qr/^ok   sink: search/m, '--check');
$receiver->behave(status => 401);
($status, $out, $err) = relay(@to, '--check');
like($out, qr/^BAD  sink: the search server answered with status 401/m, '--check: wrong credentials');
$receiver->behave();
($status, $out, $err) = relay(@relay, set('url=http://127.0.0.1:' . free_port()), '--check');
like($out, qr/^BAD  sink: could not reach/m, '--check: no server');

# --- rows read again -------------------------------------------------------

my $large = "(SELECT string_agg(md5(g::text), '') FROM generate_series(1, 3200) g)";
SKIP:
{
	skip 'the extension is not installed', 10 if !$extension;
	$node->safe_psql($db, "INSERT INTO item VALUES (700, 'a', $large); INSERT INTO pair VALUES ('t', 3, 'a');
		ALTER TABLE pair ADD d date DEFAULT '2026-01-02', ADD big text, ALTER big SET STORAGE EXTERNAL;
		ALTER TABLE pair DROP CONSTRAINT pair_pkey, ADD PRIMARY KEY (a, b, d); UPDATE pair SET big = $large");
	$node->safe_psql($db, "CREATE TABLE amount (id numeric(10,2) PRIMARY KEY, v text, big text); ALTER TABLE amount ALTER big SET STORAGE EXTERNAL;
		INSERT INTO amount SELECT g, 'a', $large FROM generate_series(1, 3) g");
	$node->safe_psql($db, "UPDATE item SET v = 'b' WHERE id = 700; UPDATE pair SET v = 'b' WHERE a = 't'; UPDATE amount SET v = 'b' WHERE id = 2;
		INSERT INTO item VALUES (701, 'gone', $large); UPDATE item SET v = 'c' WHERE id = 701; DELETE FROM item WHERE id = 701");
	($status, $out, $err) = relay(@to, '--endpos', 'current');
	is($status, 0, 'read again: status') or diag $err;
	my $read = sub { my ($index, $key) = @_; my $d = documents("app.public.$index")->{$key}; return $d ? join ' ', map { $_->{v}, length $_->{big} } $json->decode($d) : 'none' };
	is($read->('item', 700), 'b 102400', 'read again: an unchanged value of 100 kB');
	is($read->('pair', 't:3:20455'), 'b 102400', 'read again: by texts, numbers and dates');
	is($read->('amount', 'AMg='), 'b 102400', "read again: by what SQL does not understand");
	is($read->('item', 701), 'none', 'read again: gone meanwhile');

	# The commit is in the log, and not yet visible: it waits for a standby.
	$node->safe_psql($db, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
	$node->safe_psql($db, 'SELECT pg_reload_conf()');
	$r = start_relay('reread', @to, '--heartbeat', '0', '--status-interval', '0.1', '--metrics', $metrics);
	my $waiting = IPC::Run::start([ 'psql', '-XAtq', '-d', $dsn, '-c', "UPDATE item SET v = 'visible later' WHERE id = 700" ], '>', \my $ignored, '2>', \my $ignored2);
	wait_until('the change has come', sub { (metric($metrics, 'queue_messages') // 0) + (metric($metrics, 'queue_bytes') // 0) > 0 });
	sleep 0.5;
	is($read->('item', 700), 'b 102400', 'read again: not before the transaction is visible');
	is($node->safe_psql($db, 'SELECT v FROM item WHERE id = 700'), 'b', 'indeed it is not visible');
	$node->safe_psql($db, 'ALTER SYSTEM RESET synchronous_standby_names');
	$node->safe_psql($db, 'SELECT pg_reload_conf()');
	$waiting->finish;
	wait_until('it is visible', sub { $read->('item', 700) eq 'visible later 102400' }, 20);
	pass('read again: when it is visible');
	is($r->stop, 0, 'read again: it ends in good order');

	# A table that is gone cannot be read.
	$node->safe_psql($db, "UPDATE amount SET v = 'c' WHERE id = 3");
	$node->safe_psql($db, 'DROP TABLE amount');
	($status, $out, $err) = relay(@to, set("dead.letter.file=$dir/dead3"), '--endpos', 'current');
	@dead = map { $json->decode($_) } lines("$dir/dead3");
	like($dead[0]{reason} || 'none', qr/cannot be read again: its table does not exist/, 'read again: the table is gone');
}

# --- TRUNCATE --------------------------------------------------------------

$node->safe_psql($db, 'TRUNCATE item');
($status, $out, $err) = relay(@to, set('truncate.policy=stop'), '--endpos', 'current');
is($status, 4, 'TRUNCATE stops: status');
like($err, qr/was truncated, and truncate.policy is "stop"/, 'TRUNCATE stops: message');
($status, $out, $err) = relay(@to, set('index=all'), '--endpos', 'current');
like($err, qr/its index may have documents of other tables/, 'TRUNCATE never empties an index of several tables');

# --- a real server ---------------------------------------------------------

SKIP:
{
	my ($server, $why) = opensearch();

	skip "there is no OpenSearch: $why", 9 if !$server;
	my @real = (@relay, set("url=$server->{url}"));

	($status, $out, $err) = relay(@real, '--check');
	like($out, qr/^ok   sink: search/m, 'OpenSearch: --check');
	# the TRUNCATE of before has no index to empty
	$node->safe_psql($db, "INSERT INTO item SELECT g, 'v' || g FROM generate_series(1, 2500) g; UPDATE item SET id = 5000 WHERE id = 1; DELETE FROM item WHERE id = 2");
	($status, $out, $err) = relay(@real, '--endpos', 'current');
	is($status, 0, 'OpenSearch: status') or diag $err;
	is_deeply($server->documents('app.public.item'), table_rows($node, $db, 'item'), 'OpenSearch: documents are the rows');
	$node->safe_psql($db, "TRUNCATE item; INSERT INTO item VALUES (3, 'after')");
	($status, $out, $err) = relay(@real, '--endpos', 'current');
	is($status, 0, 'OpenSearch: TRUNCATE: status') or diag $err;
	is_deeply($server->documents('app.public.item'), table_rows($node, $db, 'item'), 'OpenSearch: TRUNCATE empties the index');

	# a document of another shape, and an index that is read-only for a while
	$server->call('PUT', '/app.public.pair2', '{"mappings":{"properties":{"v":{"type":"integer"}}}}');
	$node->safe_psql($db, "CREATE TABLE pair2 (id int PRIMARY KEY, v text); INSERT INTO pair2 VALUES (1, '1'), (2, 'no number'), (3, '3')");
	($status, $out, $err) = relay(@real, set("dead.letter.file=$dir/dead4"), '--endpos', 'current');
	@dead = map { $json->decode($_) } lines("$dir/dead4");
	like("@{[ scalar @dead ]} $dead[0]{_id} $dead[0]{reason}", qr/^1 2 mapper_parsing_exception: failed to parse field/, 'OpenSearch: dead letter');
	$server->call('PUT', '/app.public.pair2/_settings', '{"index.blocks.read_only_allow_delete":true}');
	$r = start_relay('real', @real, '--retry-max', '0.5', '--status-interval', '0.1');
	my $offset = -s $r->{err} || 0;
	my $waiting = unconfirmed($node, $db, 's', "INSERT INTO pair2 VALUES (4, '4')");
	wait_until('it is read-only', sub { $r->log_text =~ /cluster_block_exception/ });
	ok($waiting->(), 'OpenSearch: a read-only index: not confirmed');
	$server->call('PUT', '/app.public.pair2/_settings', '{"index.blocks.read_only_allow_delete":null}');
	wait_until('it is over', confirmed($node, $db, 's'));
	is($server->documents('app.public.pair2')->{4}, '{"id":4,"v":"4"}', 'OpenSearch: it arrives');
	$r->stop;

	srand(20261124);
	for my $round (1 .. 4)
	{
		$r = start_relay('killed', @real, '--status-interval', '0.05');
		for (1 .. 5)
		{
			$node->safe_psql($db, random_changes('item', 60));
			sleep rand 0.2;
		}
		$r->signal('KILL');
		$r->wait_end;
	}
	($status, $out, $err) = relay(@real, '--endpos', 'current');
	is_deeply($server->documents('app.public.item'), table_rows($node, $db, 'item'), 'OpenSearch: killed at random, and the documents are the rows') or diag $err;
}

$node->stop;
done_testing();
