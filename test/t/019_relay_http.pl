# The relay with the sink http, against a receiver that does as it is told:
# batches, CloudEvents, signatures, and answers of every class.
use strict;
use warnings FATAL => 'all';

use Encode ();
use JSON::PP;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);
use Cdc;
use Relay;
use Sinks;

build_relay();
need_sink('http', 'python3');

my $json = JSON::PP->new->utf8->canonical;
my $dir = $ENV{TESTDIR} || $PostgreSQL::Test::Utils::tmp_check;
my $node = new_node('main', 'wal_sender_timeout = 5s');
my $db = 'postgres';
my $dsn = $node->connstr($db);
my $receiver = receiver();
my $metrics = free_port();
my @relay = ('--dsn', $dsn, '--slot', 's', '--sink', 'http', '--option', 'topic.prefix=app');
my @to = (@relay, '--set', 'url=' . $receiver->url . '/hook');
my ($status, $out, $err);
my $seen = 0;

sub set
{
	return map { ('--set', $_) } @_;
}

# Requests since the last call.
sub requests
{
	my @all = @{ $receiver->state->{requests} };
	my @new = @all[ $seen .. $#all ];

	$seen = @all;
	return @new;
}

# Records of requests that were taken.
sub taken
{
	return map { records(split /\n/, Encode::encode('UTF-8', $_->{body})) }
	  grep { $_->{status} == 200 && $_->{headers}{'content-type'} eq 'application/x-ndjson' } @_;
}

# Rows' ids in requests that were taken.
sub ids
{
	return map { $_->{key} ? $_->{key}{id} : () } taken(@_);
}

# --- properties ------------------------------------------------------------

for my $case (
	[ [], qr/the sink "http" needs --set url=/ ],
	[ ['url=localhost'], qr/neither "http:\/\/" nor "https:\/\/"/ ],
	[ [ 'url=http://x', 'bogus=1' ], qr/no property "bogus".*Properties are url,/s ],
	[ [ 'url=http://x', 'format=xml' ], qr/Valid are "record", "value", "cloudevents"/ ],
	[ [ 'url=http://x', 'batch.records=0' ], qr/invalid value for property "batch.records"/ ],
	[ [ 'url=http://x', 'secret=whsec_!!!hunter2' ], qr/property "secret" is neither/ ],
	[ [ 'url=http://x', "header.X-A=a\nb" ], qr/invalid property "header.X-A"/ ],
	[ [ 'url=http://x', 'header.X A=a' ], qr/invalid property "header.X A"/ ],
	[ [ 'url=http://x', 'ssl.certificate.location=/x' ], qr/need each other/ ])
{
	($status, $out, $err) = relay(@relay, set(@{ $case->[0] }));
	my $name = "@{$case->[0]}" =~ tr/\n/ /r;

	is($status, 2, "$name: status");
	like($err, $case->[1], "$name: message");
	unlike($err, qr/hunter2/, "$name: no secrets");
}

# --- batches ---------------------------------------------------------------

$node->safe_psql($db, <<'SQL');
CREATE TABLE item (id int PRIMARY KEY, v text);
SELECT pg_create_logical_replication_slot('s', 'cdc_json');
INSERT INTO item SELECT g, 'v' || g FROM generate_series(1, 250) g;
SQL
($status, $out, $err) = relay(@to, '--endpos', 'current', set('batch.records=100', 'header.X-Team=data', 'authorization=Bearer t0ken'));
is($status, 0, 'records: status') or diag $err;
my @requests = requests();
is(join(' ', ids(@requests)), join(' ', 1 .. 250), 'records: all, in order');
is(scalar(grep { scalar(split /\n/, $_->{body}) > 100 } @requests), 0, 'records: batch.records');
my $headers = $requests[0]{headers};
is("$requests[0]{path} $headers->{'content-type'} $headers->{'x-team'} $headers->{authorization}", '/hook application/x-ndjson data Bearer t0ken', 'records: headers');
like($headers->{'webhook-id'}, qr/^msg_[0-9a-f]{32}$/, 'records: an id');
ok(!exists $headers->{'webhook-signature'}, 'no secret, no signature');

$node->safe_psql($db, "INSERT INTO item VALUES (251, 'é'); DELETE FROM item WHERE id = 251; TRUNCATE item");
($status, $out, $err) = relay(@to, '--endpos', 'current', set('format=value', 'user=me', 'password=hunter2'));
is($status, 0, 'values: status') or diag $err;
@requests = requests();
is(join(' ', map { $_->{op} } map { records(split /\n/, Encode::encode('UTF-8', $_->{body})) } @requests), 'c d t', 'values: no tombstones, TRUNCATE told');
is($requests[0]{headers}{authorization}, 'Basic bWU6aHVudGVyMg==', 'values: user and password');

# --- signatures ------------------------------------------------------------

$receiver->behave(secret => 'hunter2');
$node->safe_psql($db, "INSERT INTO item VALUES (1, 'signed')");
($status, $out, $err) = relay(@to, '--endpos', 'current', set('secret=hunter2'));
is($status, 0, 'signature: the receiver agrees') or diag $err;
like((requests())[0]{headers}{'webhook-signature'}, qr/^v1,[A-Za-z0-9+\/]{43}=$/, 'signature: its form');
$node->safe_psql($db, "INSERT INTO item VALUES (2, 'signed')");
($status, $out, $err) = relay(@to, '--endpos', 'current', set('secret=whsec_aHVudGVyMg=='));
is($status, 0, 'signature: the secret in base64') or diag $err;
requests();

# --- CloudEvents -----------------------------------------------------------

$receiver->behave();
$node->safe_psql($db, "BEGIN; INSERT INTO item VALUES (3, 'cloud'); DELETE FROM item WHERE id = 3; COMMIT");
$node->safe_psql($db, "SELECT pg_copy_logical_replication_slot('s', '$_')") for 'c1', 'c2';
($status, $out, $err) = relay(@to, '--endpos', 'current', set('format=cloudevents'));
is($status, 0, 'CloudEvents: status') or diag $err;
@requests = requests();
is($requests[0]{headers}{'content-type'}, 'application/cloudevents-batch+json', 'CloudEvents: content type');
my @events = @{ $json->decode($requests[0]{body}) };
is(scalar(@events), 2, 'CloudEvents: no tombstones');
my %e = %{ $events[0] };
is("$e{specversion} $e{type} $e{source} $e{datacontenttype}", '1.0 io.debezium.connector.postgresql.DataChangeEvent /debezium/postgresql/app application/json', 'CloudEvents: attributes');
like($e{id}, qr/^name:app;lsn:\d+;txId:\d+;sequence:\["\d+","\d+"\]$/, 'CloudEvents: id');
like($e{time}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, 'CloudEvents: time');
is_deeply($e{data}, { before => undef, after => { id => 3, v => 'cloud' } }, 'CloudEvents: data');
is("$e{iodebeziumop} $e{iodebeziumtable} $e{iodebeziumschema} $e{iodebeziumdb}", 'c item public postgres', 'CloudEvents: extension attributes');
is(scalar(grep { defined $e{$_} && ref $e{$_} } grep { /^iodebezium/ } keys %e), 0, 'CloudEvents: all of them are strings');
like($requests[0]{body}, qr/"iodebeziumlsn":"\d+","iodebeziumxmin":null,"iodebeziumorigin":null,"iodebeziumoriginlsn":null,"iodebeziumtxid":null,"iodebeziumtxtotalorder":null,"iodebeziumtxdatacollectionorder":null,"data":/,
	'CloudEvents: nulls are kept');
@relay = ('--dsn', $dsn, '--sink', 'http', '--option', 'topic.prefix=app', '--set', 'url=' . $receiver->url);
($status, $out, $err) = relay(@relay, '--slot', 'c1', '--endpos', 'current', set('format=cloudevents', 'batch.records=1'), '--option', 'schemas.enable=true', '--option', 'provide.transaction.metadata=true');
@requests = requests();
is(scalar(@requests), 2, 'CloudEvents: one by one');
is($requests[0]{headers}{'content-type'}, 'application/cloudevents+json', 'CloudEvents: content type of one');
%e = %{ $json->decode($requests[0]{body}) };
is($e{data}{schema}{name}, 'io.debezium.connector.postgresql.Data', 'CloudEvents: schema of the data');
is(join(' ', map { $_->{field} } @{ $e{data}{schema}{fields} }), 'before after', 'CloudEvents: fields of the schema');
is($e{data}{payload}{after}{v}, 'cloud', 'CloudEvents: payload');
like("$e{iodebeziumtxid} $e{iodebeziumtxtotalorder} $e{iodebeziumtxdatacollectionorder}", qr/^\d+:\d+ 1 1$/, 'CloudEvents: transaction');

# --- refused ---------------------------------------------------------------

$receiver->behave(refuse => [ 'poison', 422 ]);
$node->safe_psql($db, "INSERT INTO item SELECT g, CASE g WHEN 33 THEN 'poison' ELSE 'fine' END FROM generate_series(10, 60) g");
($status, $out, $err) = relay(@to, '--endpos', 'current');
is($status, 4, 'refused: status');
like($err, qr/refused records with status 422: refused for its text.*dead.letter.file=FILE/s, 'refused: message');
requests();
($status, $out, $err) = relay(@to, '--endpos', 'current', set("dead.letter.file=$dir/dead"));
is($status, 0, 'dead letter: status') or diag $err;
my @dead = map { $json->decode($_) } lines("$dir/dead");
is(scalar(@dead) . " $dead[0]{status} $dead[0]{reason} $dead[0]{record}{key}{id}", '1 422 refused for its text 33', 'dead letter: the one record');
is(join(' ', ids(requests())), join(' ', 10 .. 32, 34 .. 60), 'dead letter: the others are there, in order');
is((stat "$dir/dead")[2] & 0777, 0600, 'dead letter: nobody else reads it');
$receiver->behave(largest => 2000);
$node->safe_psql($db, "INSERT INTO item SELECT g, 'x' FROM generate_series(100, 120) g");
($status, $out, $err) = relay(@to, '--endpos', 'current');
is($status, 0, 'too large: smaller batches') or diag $err;
is(join(' ', ids(requests())), join(' ', 100 .. 120), 'too large: all, in order');
$receiver->behave(status => 302);
$node->safe_psql($db, "INSERT INTO item VALUES (121, 'x')");
($status, $out, $err) = relay(@to, '--endpos', 'current');
like($err, qr/status 302.*Redirections are not followed/s, 'redirections');
$receiver->behave();

# --- errors that heal ------------------------------------------------------

my $r = start_relay('http', @to, '--status-interval', '0.1', '--retry-max', '0.4', '--metrics', $metrics, set('timeout.seconds=1', 'secret=hunter2'));
my $id = 1000;

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
	ok((grep { $_ == $id } ids(@{ $receiver->state->{requests} })), "$name: it arrives");
	return;
}

survives('500', { status => 500, body => 'trouble' }, qr/answered with status 500: trouble.*answered with status 500/s);
survives('404', { status => 404 }, qr/status 404.*Nothing takes POST/s);
survives('bad signature', { secret => 'another' }, qr/status 401: wrong signature.*the same secret/s);
survives('slow', { delay => 2 }, qr/could not reach .*timed out/i);
survives('away', sub { $receiver->stop }, qr/could not reach "http.*Failed to connect/);
cmp_ok(metric($metrics, 'sink_retries_total'), '>=', 6, 'metrics count retries');

# The server says when to come again.
$receiver->behave(status => 429, headers => { 'Retry-After' => 2 });
my $begun = time;
my $requests = metric($metrics, 'http_requests_total');
$node->safe_psql($db, "INSERT INTO item VALUES (2000, 'later')");
wait_until('a request', sub { metric($metrics, 'http_requests_total') > $requests });
$receiver->behave();
wait_until('it is taken', confirmed($node, $db, 's'));
cmp_ok(time - $begun, '>=', 1.9, 'Retry-After is heeded');

is($r->stop, 0, 'it ends in good order');

# Long trouble: memory stays bounded, nothing is lost.
$receiver->behave(status => 503, forget => JSON::PP::true);
$r = start_relay('long', @to, '--status-interval', '0.1', '--retry-max', '0.4', '--metrics', $metrics, '--max-inflight-bytes', '4MB');
wait_until('it runs', sub { metric($metrics, 'up') });
my $memory = memory_kb($r->{pid});
$node->safe_psql($db, "INSERT INTO item SELECT g, repeat('x', 1000) FROM generate_series(10000, 39999) g");
sleep 3;
# what is in flight, what of it is in two batches, and the allocator's part, of 45 MB
cmp_ok(memory_kb($r->{pid}) - $memory, '<', 16 * 1024, 'long trouble: memory is bounded');
is(metric($metrics, 'up'), 1, 'long trouble: the connection to the server stays');
is(metric($metrics, 'delivered_total'), 0, 'long trouble: nothing is delivered');
$receiver->behave();
wait_until('all is delivered', confirmed($node, $db, 's'), 120);
is($receiver->ids, 30000, 'long trouble: everything arrives');
$receiver->behave(forget => JSON::PP::true);
$seen = 0;
is($r->stop, 0, 'long trouble: it ends in good order');

# --- --check, killed at random ---------------------------------------------

($status, $out, $err) = relay(@to, '--check');
like($out, qr/^ok   sink: http/m, '--check');
is(scalar(grep { $_->{path} ne '/hook' && $_->{path} ne '' && $_->{path} ne '/' } requests()), 0, '--check posts nothing');
($status, $out, $err) = relay(@relay, '--slot', 's', set('batch.records=1'), '--check');
like($out, qr/^ok   sink: http/m, '--check: any path');

$node->safe_psql($db, 'TRUNCATE item');
srand(20261124);
for my $round (1 .. 4)
{
	$r = start_relay('killed', @to, '--status-interval', '0.05');
	for (1 .. 4)
	{
		$node->safe_psql($db, random_changes('item', 60));
		sleep rand 0.1;
	}
	$r->signal('KILL');
	$r->wait_end;
}
($status, $out, $err) = relay(@to, '--endpos', 'current');
is($status, 0, 'killed at random: status') or diag $err;
my $folded = fold_events(taken(@{ $receiver->state->{requests} }));
is_deeply({ map { $json->decode($_)->{id} => $folded->{$_} } keys %$folded }, table_rows($node, $db, 'item'), 'killed at random: the events make the table');

$node->stop;
done_testing();
