# The replication protocol byte for byte: each message has a header with two
# equal positions and the time at which it was sent, also those that wait in the
# server's buffer for the next one, and the last of a transaction is its end.
use strict;
use warnings FATAL => 'all';

use IO::Socket::UNIX;
use Time::HiRes qw(time);
use Test::More;
use Cdc;

my $db = 'postgres';
my $node = new_node('main');
my $epoch = 946_684_800;    # the server's clock begins in 2000

$node->safe_psql($db, 'CREATE TABLE t (id int PRIMARY KEY, v text)');
new_slot($node, $db, 's');
# short ones that share a buffer of 8 kB, some that do not fit into it, and one alone
my $start = $node->safe_psql($db, 'SELECT pg_current_wal_lsn()');
$node->safe_psql($db, "INSERT INTO t SELECT g, repeat('x', CASE WHEN g % 100 = 0 THEN 20000 ELSE g % 700 END) FROM generate_series(1, 2000) g");
my $first_end = $node->safe_psql($db, 'SELECT pg_current_wal_lsn()');
$node->safe_psql($db, "INSERT INTO t VALUES (2001, 'alone')");
my $second_end = position($node, $db);

my $socket = IO::Socket::UNIX->new(Peer => $node->host . '/.s.PGSQL.' . $node->port) or die "no connection: $!";
my $received = '';

# A message of the server: its type and what is in it.
sub message
{
	my $size = 5;

	for (1, 2)
	{
		while (length $received < $size)
		{
			sysread $socket, $received, 65536, length $received or die "the connection ended: $!";
		}
		$size = 1 + unpack 'x N', $received;
	}
	my ($type, $content) = unpack 'a x4 a*', substr $received, 0, $size, '';
	die $content =~ s/\0/ /gr if $type eq 'E';
	return ($type, $content);
}

sub until_type
{
	my ($wanted) = @_;

	while (1)
	{
		my ($type) = message();
		return if $type eq $wanted;
	}
}

local $SIG{ALRM} = sub { die 'no answer' };
alarm $PostgreSQL::Test::Utils::timeout_default;
my $parameters = pack 'N (Z*)*', 3 << 16, user => scalar getpwuid($<), database => $db, replication => 'database', '';
print $socket pack('N', 4 + length $parameters) . $parameters;
$socket->flush;
until_type('Z');
my $command = qq(START_REPLICATION SLOT "s" LOGICAL 0/0 ("topic.prefix" 'p')\0);
my $begun = time;
print $socket 'Q' . pack('N', 4 + length $command) . $command;
$socket->flush;
until_type('W');

my (@messages, @wrong);
my $last = 0;
while (@messages < 2001)
{
	my ($type, $content) = message();
	next if $type ne 'd' || $content =~ /^k/;
	my ($kind, $from, $to, $sent, $event) = unpack 'a q> q> q> a*', $content;
	my $time = $sent / 1e6 + $epoch;

	push @wrong, sprintf 'message %d: "%s" %X %X %f', scalar @messages, $kind, $from, $to, $time
	  if $kind ne 'w' || $from != $to || $sent < $last || $time < $begun - 1 || $time > time + 1;
	push @messages, [ $from, $event ];
	$last = $sent;
}
alarm 0;
close $socket;

is(join(', ', @wrong[ 0 .. ($#wrong < 3 ? $#wrong : 3) ]), '', 'each header is whole, and its time is that of the reading');
is(join(' ', map { event($_->[1])->{after}{id} } @messages), join(' ', 1 .. 2001), 'all events, in order');
is(scalar(grep { $_->[0] < lsn_number($start) } @messages), 0, 'positions lie in the transactions');
is(scalar(grep { $_->[0] >= lsn_number($first_end) } @messages[ 0 .. 1998 ]), 0, 'those within a transaction below its end');
is($messages[1999][0], lsn_number($first_end), 'the last has the position of the end');
cmp_ok($messages[2000][0], '<', lsn_number($second_end), 'and so has one alone');
$node->stop;
done_testing();
