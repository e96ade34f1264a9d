# The relay on a machine with faults: a disk that is full or fails, and a clock
# that jumps.  Nothing is acknowledged that is not on the disk, and nothing but
# the calendar's clock is affected by the calendar.
use strict;
use warnings FATAL => 'all';

use POSIX ();
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);
use Cdc;
use Relay;

build_relay();

my $library = Relay::build_faults();
my $node = new_node('main', 'wal_sender_timeout = 5s');
my $db = 'postgres';
my $dir = $ENV{TESTDIR} || $PostgreSQL::Test::Utils::tmp_check;
my $control = "$dir/control";
my $file = "$dir/out.jsonl";
my @relay = ('--dsn', $node->connstr($db), '--slot', 's', '--sink', 'file', '--set', "path=$file", '--status-interval', '0.1', '--heartbeat', '0.2', '--retry-max', '0.2');
my $id = 0;

$ENV{FAULTS_CONTROL} = $control;

# The machine is like this from now on.
sub machine
{
	my ($text) = @_;

	open my $fh, '>', "$control.new" or die;
	print $fh $text;
	close $fh;
	rename "$control.new", $control or die;
	return;
}

sub start
{
	my ($name) = @_;

	local $ENV{LD_PRELOAD} = $library;
	my $r = start_relay($name, @relay);

	wait_until("$name: streaming", sub { $r->log_text =~ /reading slot/ || defined $r->ended });
	return $r;
}

sub insert
{
	my ($n) = @_;

	$node->safe_psql($db, "INSERT INTO item SELECT g, 'x' FROM generate_series($id + 1, $id + $n) g");
	$id += $n;
	return $node->safe_psql($db, "SELECT pg_current_wal_insert_lsn()");
}

sub confirmed_upto
{
	my ($lsn) = @_;

	return $node->safe_psql($db, "SELECT confirmed_flush_lsn >= '$lsn' FROM pg_replication_slots WHERE slot_name = 's'") eq 't';
}

sub all_there
{
	my ($name) = @_;
	my %seen = map { /"key":\{"id":(\d+)\}/ ? ($1 => 1) : () } lines($file);

	is(join(' ', grep { !$seen{$_} } 1 .. $id), '', "$name: all rows are there");
	is(scalar(grep { !/^\{.*\}$/ } lines($file)), 0, "$name: no half line");
	return;
}

$node->safe_psql($db, "CREATE TABLE item (id int PRIMARY KEY, v text); SELECT pg_create_logical_replication_slot('s', 'cdc_json')");
machine('');
my $r = start('well');
my $upto = insert(100);
wait_until('rows', sub { confirmed_upto($upto) });

# --- a disk that is full, or fails -------------------------------------------

for my $case ([ 'full', qr/could not write to .*No space left on device/ ], [ 'sync', qr/could not flush .*Input\/output error/ ])
{
	my ($fault, $message) = @$case;

	machine("$fault\n");
	$upto = insert(1000);
	like($r->wait_end, qr/^[14]$/, "$fault: status");
	like($r->log_text, $message, "$fault: message");
	ok(!confirmed_upto($upto), "$fault: nothing is confirmed");
	machine('');
	$r = start("after $fault" =~ s/ /_/r);
	wait_until('rows', sub { confirmed_upto($upto) });
	all_there("after $fault");
}

# --- a clock that jumps ----------------------------------------------------------

my $pid = active_pid($node, 's');
for my $off (3600, -3600, 86400 * 365 * 20, 0)
{
	machine("clock $off\n");
	my $begun = time;
	$upto = insert(10);
	wait_until("clock $off", sub { confirmed_upto($upto) }, 20);
	cmp_ok(time - $begun, '<', 10, "off by $off seconds: delivered and confirmed at once");
	sleep 0.5;
}
# longer than wal_sender_timeout: statuses and heartbeats go on
machine("clock -7200\n");
sleep 6;
$upto = insert(10);
wait_until('rows', sub { confirmed_upto($upto) });
is(active_pid($node, 's'), $pid, 'the server has kept the connection');
is($r->ended, undef, 'the relay runs');
is($r->stop, 0, 'SIGTERM');
all_there('clock');

done_testing();
