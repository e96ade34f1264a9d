# Faults at random: the relay, walsender, postmaster and broker are killed while
# writers commit.  A ledger of what they were told is compared with what arrived.
#
# FAULTS says how many faults (make faults: 120).  With a real broker if there
# is one; otherwise librdkafka's cluster in memory, which cannot be killed, and
# loses its brokers for a moment instead.
use strict;
use warnings FATAL => 'all';

use POSIX ();
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);
use Cdc;
use Ledger;
use Relay;

build_relay('with kafka');

my $faults = $ENV{FAULTS} || 20;
my $seed = $ENV{SEED} || time;
my $dir = $ENV{TESTDIR} || $PostgreSQL::Test::Utils::tmp_check;
my $broker = broker('broker');
my $mock = $broker ? undef : mock(3);
my %done;

note Relay::no_broker() . ', so the one in memory' if !$broker;
note "SEED=$seed FAULTS=$faults";
srand $seed;

# --- a relay that is started again whenever it has ended ---------------------

my ($node, $relay, @arguments, %ends);
my ($killed, $started) = (0, 0);

sub keep_relay
{
	return if $relay && !defined $relay->ended;
	if ($relay)
	{
		my $status = $relay->{status};

		# what nobody killed ended for a reason
		$ends{$status}++ if !$killed;
		diag "the relay ended with status $status: " . $relay->log_text =~ s/.*\n(?=.*\n.*\z)//sr if !$killed;
	}
	$killed = 0;
	$started++;
	$relay = start_relay("relay.$started", @arguments);
	return;
}

sub pause_for
{
	my ($seconds) = @_;
	my $until = time + $seconds;

	while (time < $until)
	{
		keep_relay();
		sleep 0.05;
	}
	return;
}

sub walsender
{
	my (undef, $pid) = $node->psql('postgres', "SELECT active_pid FROM pg_replication_slots WHERE slot_name = 's'");

	return defined $pid && $pid =~ /^\d+$/ ? $pid : undef;
}

# A server that crashed is there again when it answers.
sub wait_for_server
{
	wait_until('the server', sub { my ($status) = $node->psql('postgres', 'SELECT 1'); keep_relay(); defined $status && $status == 0 });
	return;
}

my %fault = (
	relay => sub { $killed = 1; $relay->signal('KILL') },
	'relay, by SIGTERM' => sub { $killed = 1; $relay->signal('TERM') },
	'relay, stopped for a second' => sub { $relay->signal('STOP'); sleep 1; $relay->signal('CONT') },
	walsender => sub { my $pid = walsender() or return 0; kill 'KILL', $pid; wait_for_server() },
	'walsender, by the server' => sub { my $pid = walsender() or return 0; $node->psql('postgres', "SELECT pg_terminate_backend($pid)"); 1 },
	postmaster => sub {
		$node->kill9;
		# its children end when they notice, and until then it does not start
		wait_until('the server starts', sub { keep_relay(); $node->{_pid} = undef; $node->start(fail_ok => 1) });
	},
	broker => sub {
		if ($mock) { $mock->command("down $_") for 1 .. 3; pause_for(0.3); $mock->command("up $_") for 1 .. 3; }
		else { $broker->signal('KILL'); pause_for(0.2 + rand 0.5); $broker->start; }
	},
	'broker, stopped for a second' => sub { return 0 if !$broker; $broker->signal('STOP'); sleep 1; $broker->signal('CONT') },
	'relay and broker' => sub {
		return 0 if !$broker;
		$broker->signal('KILL');
		$killed = 1;
		$relay->signal('KILL');
		$broker->start;
	});

# Injects faults of the kinds, one after another.
sub inject
{
	my ($n, @kinds) = @_;
	# in a short run a broker, which takes seconds to start, is killed twice
	my @more = $n > 20 ? @kinds : grep { !/broker$/ } @kinds;

	# each kind once, before chance decides
	for (my $i = 0; $i < $n;)
	{
		my $kind = $i < @kinds ? $kinds[$i] : $more[ int rand @more ];
		my $begun = time;
		my $result = $fault{$kind}->();
		note sprintf '%s: %.1f s', $kind, time - $begun;

		$i++;
		next if defined $result && $result eq '0';
		$done{$kind}++;
		pause_for(0.1 + rand 0.7);
	}
	return;
}

# All that is committed has been confirmed.
sub drain
{
	my $upto;

	wait_for_server();
	$upto = position($node, 'postgres');
	wait_until('all is delivered', sub {
		keep_relay();
		my ($status, $out) = $node->psql('postgres', "SELECT confirmed_flush_lsn >= '$upto' FROM pg_replication_slots WHERE slot_name = 's'");
		$status == 0 && $out eq 't';
	}, 120);
	is($relay->stop, 0, 'the relay ends in good order');
	undef $relay;
	return;
}

sub new_run
{
	my ($name, @sink) = @_;

	$node = new_node($name, 'wal_sender_timeout = 5s', 'restart_after_crash = on', 'log_min_messages = warning');
	$node->safe_psql('postgres', "SELECT pg_create_logical_replication_slot('s', 'cdc_json')");
	@arguments = ('--dsn', $node->connstr('postgres'), '--slot', 's', '--status-interval', '0.1', '--retry-max', '0.5', '--heartbeat', '1', @Ledger::options, @sink);
	%ends = ();
	return Ledger->new($node, 'postgres', "$dir/$name.ledger", 3);
}

# --- Kafka, with --dedupe -----------------------------------------------------

my $servers = $broker ? $broker->{servers} : $mock->{servers};
my @kafka = ('--sink', 'kafka', '--dedupe', '--set', "bootstrap.servers=$servers",
	'--set', 'reconnect.backoff.max.ms=500', '--set', 'retry.backoff.ms=50');
# the one in memory has no controller, who creates topics for others
if ($broker) { push @kafka, '--set', 'topic.creation.default.partitions=3'; }
else { $mock->command("topic $_") for "cdc_json_relay_state 1", map { "$_ 3" } @Ledger::topics; }
my $n = int($faults * 0.7);
my $ledger = new_run('kafka', @kafka);

keep_relay();
pause_for(1);
inject($n, 'relay', 'walsender', 'postmaster', 'broker', 'relay, by SIGTERM', 'relay and broker', 'walsender, by the server',
	'relay, stopped for a second', 'broker, stopped for a second', 'relay', 'relay');
$ledger->stop;
drain();
is(join(' ', map { "status $_: $ends{$_}" } sort keys %ends), '', 'kafka: the relay never ended by itself');
my @lines = $broker ? Relay::read_topics($servers, @Ledger::topics) : $mock->command("read @Ledger::topics");
is($ledger->compare('kafka', @lines), 0, 'kafka: no duplicates');
my %positions;
$positions{"$_->[0] $_->[1]"}++ for map { [ (split /\t/)[0], /__cdc_json\.position=([0-9a-f.]+)/ ] } @lines;
is(scalar(grep { $_ > 1 } values %positions), 0, 'kafka: each position once in its topic');
$node->stop('immediate');

# --- a file, at least once ----------------------------------------------------

my $file = "$dir/out.jsonl";
$ledger = new_run('file', '--sink', 'file', '--set', "path=$file", '--set', 'rotate.bytes=1MB');
keep_relay();
pause_for(1);
inject($faults - $n, 'relay', 'walsender', 'postmaster', 'walsender, by the server', 'relay', 'relay, by SIGTERM');
$ledger->stop;
drain();
is(join(' ', map { "status $_: $ends{$_}" } sort keys %ends), '', 'file: the relay never ended by itself');
$ledger->compare('file', map { lines($_) } (sort glob "$file.*"), $file);
note 'figures: ' . join(', ', map { "$done{$_} $_" } sort keys %done);
$node->stop('immediate');

done_testing();
