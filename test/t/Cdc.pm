# Cdc.pm: what the TAP tests of the output plugin share.
#
# A test reads slots in both ways, with pg_recvlogical (stream, follow) and with
# SQL functions (peek, get), and compares lines of JSON.  What comes from
# pg_recvlogical stays in files *.jsonl under TESTDIR, which the suite "json"
# parses.  All strings are bytes.
package Cdc;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use IPC::Run;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

our @EXPORT = qw(
  new_node new_database new_slot position lsn_number
  stream follow peek get fails
  payload event json_value masked session_masked same_events wait_for active_pid
  memory_kb contexts_kb server_log
);

$ENV{PGCLIENTENCODING} = 'UTF8';

# A running server whose settings are those of the tests, then of the caller.
sub new_node
{
	my ($name, @settings) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);

	$node->init(allows_streaming => 'logical', extra => [ '--encoding=UTF8', '--locale=C' ]);
	$node->append_conf('postgresql.conf', $_)
	  for 'shared_buffers = 32MB', 'max_connections = 20', 'max_replication_slots = 20',
	  'max_wal_size = 4GB', 'autovacuum = off', 'log_statement = none', 'log_min_messages = log',
	  'wal_sender_timeout = 0', "timezone = 'UTC'", @settings;
	$node->start;
	return $node;
}

sub new_database
{
	my ($node, $db, $encoding) = @_;

	$node->safe_psql('postgres', "CREATE DATABASE $db TEMPLATE template0 ENCODING '$encoding' LOCALE 'C'");
	return $db;
}

sub new_slot
{
	my ($node, $db, $slot) = @_;

	$node->safe_psql($db, "SELECT pg_create_logical_replication_slot('$slot', 'cdc_json')");
	return $slot;
}

# Where the log ends; all before it is on disk, also a message outside transactions.
sub position
{
	my ($node, $db) = @_;

	$node->safe_psql($db, "SELECT pg_logical_emit_message(true, 'cdc_json.flush', '')");
	return $node->safe_psql($db, 'SELECT pg_current_wal_lsn()');
}

# As events show it.
sub lsn_number
{
	my ($lsn) = @_;

	$lsn =~ m{^([0-9A-F]+)/([0-9A-F]+)$} or die "not an LSN: $lsn";
	return hex($1) * 2**32 + hex($2);
}

my %files;

sub output_file
{
	my ($slot, $suffix) = @_;

	return sprintf '%s/%s.%d.%s', $ENV{TESTDIR} || $PostgreSQL::Test::Utils::tmp_check, $slot, ++$files{$slot}, $suffix;
}

sub recvlogical
{
	my ($node, $db, $slot, $file, @arguments) = @_;

	return [
		$node->installed_command('pg_recvlogical'),
		'-d', $node->connstr($db), '-S', $slot, '--start', '--no-loop', '-F', '0', '-f', $file,
		map { /^-/ ? split(/ /) : ('-o', $_) } @arguments
	];
}

sub read_lines
{
	my ($file) = @_;
	my $text = -e $file ? slurp_file($file) : '';

	return split /\n/, $text;
}

# Reads the slot up to a position through the replication protocol; each
# argument is an option of the plugin, "name=value", or of the program, "-s 1".
sub stream
{
	my ($node, $db, $slot, $upto, @arguments) = @_;
	my $file = output_file($slot, (grep { $_ eq 'format=frame' } @arguments) ? 'frames' : 'jsonl');
	my $stderr = '';

	IPC::Run::run(recvlogical($node, $db, $slot, $file, "--endpos=$upto", @arguments),
		'2>', \$stderr, IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default))
	  or die "pg_recvlogical: $stderr";
	return read_lines($file);
}

# The same without an end, in the background.
sub follow
{
	my ($node, $db, $slot, @arguments) = @_;
	my $file = output_file($slot, 'jsonl');
	my $self = bless { file => $file, stderr => '' }, 'Cdc::Reader';

	$self->{run} = IPC::Run::start(recvlogical($node, $db, $slot, $file, @arguments), '2>', \$self->{stderr});
	return $self;
}

sub changes
{
	my ($function, $node, $db, $slot, @options) = @_;
	my $list = join ', ', map { my ($n, $v) = split /=/, $_, 2; "'$n', '$v'" } @options;

	return split /\n/, $node->safe_psql($db,
		"SELECT data FROM $function('$slot', NULL, NULL, VARIADIC ARRAY[$list]::text[])");
}

sub peek
{
	return changes('pg_logical_slot_peek_changes', @_);
}

sub get
{
	return changes('pg_logical_slot_get_changes', @_);
}

# The statement fails with a message like this.
sub fails
{
	my ($node, $db, $sql, $pattern, $name) = @_;
	my ($status, $stdout, $stderr) = $node->psql($db, $sql);

	return ok(0, "$name: fails") if $status == 0;
	return like($stderr, $pattern, $name);
}

# The event within its schema.
sub payload
{
	my ($line) = @_;

	return $line =~ s/^\{"schema":.*?,"payload":(\{.*\})\}$/$1/r;
}

my $json = JSON::PP->new->utf8->canonical->allow_bignum;

sub event
{
	my ($line) = @_;

	return $json->decode($line);
}

# The same value gives the same text, however the line was escaped.
sub json_value
{
	my ($line) = @_;

	return $json->encode(event($line));
}

# Lines without what differs at each reading: the clock, and the session's name.
sub masked
{
	return map {
		s/("op":"\w","ts_ms":)\d+(?:(,"ts_us":)\d+(,"ts_ns":)\d+)?/$1 . '0' . ($2 ? "${2}0${3}0" : '')/ger
		  =~ s/("__debezium.context.runId":")[0-9a-f-]+/$1/r
	} @_;
}

# Which transaction a line belongs to: its id, or "null" for a message outside.
sub transaction_of
{
	my ($line) = @_;

	return $1 if $line =~ /"txId":(\d+|null)/ || $line =~ /"status":"\w+","id":"(\d+):/;
	return 'null' if $line =~ /"value":null/;    # a tombstone: never the first
	die "no transaction: $line";
}

# Two readings of the same stretch of the log, the second from the start of its
# session: until its first commit, the first element of "sequence" says where
# the session started, and messages outside transactions have the clock's time.
sub same_events
{
	my ($expected, $got, $name) = @_;
	my @pair = ([ masked(@$expected) ], [ masked(@$got) ]);
	my $first = @$got ? transaction_of($got->[0]) : '';
	my $n = 0;

	is(scalar @$got, scalar @$expected, "$name: number of events");
	$n++ while $n < @$got && ($got->[$n] =~ /"value":null/ || transaction_of($got->[$n]) eq $first);
	for my $lines (@pair)
	{
		$_ = session_masked($_) for @{$lines}[ 0 .. ($n > @$lines ? $#$lines : $n - 1) ];
	}
	for my $i (0 .. $#{ $pair[0] })
	{
		next if defined $pair[1][$i] && $pair[0][$i] eq $pair[1][$i];
		is($pair[1][$i], $pair[0][$i], "$name: event $i");
		return 0;
	}
	return ok(@$expected == @$got, "$name: same bytes");
}

# A line without what depends on where the session started.
sub session_masked
{
	my ($line) = @_;

	$line =~ s/("sequence":"\[)(?:\\"\d+\\"|null),/$1/;
	$line =~ s/("ts_(?:ms|us|ns)":)\d+/${1}0/g if $line =~ /"txId":null/;
	return $line;
}

# Waits until the function returns true.
sub wait_for
{
	my ($what, $done) = @_;

	for (1 .. 20 * $PostgreSQL::Test::Utils::timeout_default)
	{
		return 1 if $done->();
		usleep(50_000);
	}
	diag("waited in vain for $what");
	return 0;
}

# Process that serves the slot, once there is one.
sub active_pid
{
	my ($node, $slot) = @_;
	my $query = "SELECT active_pid FROM pg_replication_slots WHERE slot_name = '$slot'";
	my $pid = '';

	wait_for("a reader of $slot", sub { ($pid = $node->safe_psql('postgres', $query)) ne '' });
	return $pid;
}

# Memory of a process that is its own: shared buffers do not count.
sub memory_kb
{
	my ($pid) = @_;
	my $status = slurp_file("/proc/$pid/status");
	my ($kb) = $status =~ /^RssAnon:\s+(\d+) kB/m;

	return $kb;
}

sub server_log
{
	my ($node, $offset) = @_;

	return slurp_file($node->logfile, $offset || 0);
}

# Bytes in the memory contexts of another process, by name, from the server's log.
sub contexts_kb
{
	my ($node, $pid) = @_;
	my $offset = -s $node->logfile;
	my %used;

	$node->safe_psql('postgres', "SELECT pg_log_backend_memory_contexts($pid)");
	wait_for('memory contexts in the log', sub { server_log($node, $offset) =~ /Grand total/ });
	for my $line (split /\n/, server_log($node, $offset))
	{
		next unless $line =~ /\[$pid\].*level: \d+[,;] (.*?): (\d+) total in \d+ blocks;.*?; (\d+) used/;
		my ($name, $size) = ($1, $3);

		$name =~ s/^(cdc_json table).*/$1/;
		$used{$name} += $size / 1024;
		$used{''} += $size / 1024;
	}
	return \%used;
}

package Cdc::Reader;

use strict;
use warnings FATAL => 'all';

sub lines
{
	my ($self) = @_;

	return Cdc::read_lines($self->{file});
}

# Waits for so many whole lines.
sub wait_for_lines
{
	my ($self, $n) = @_;
	my ($read, $seen) = (0, 0);

	return Cdc::wait_for(
		"$n lines in $self->{file}",
		sub {
			return 0 unless -e $self->{file};
			open my $fh, '<', $self->{file} or die;
			seek $fh, $read, 0;
			while (sysread $fh, my $chunk, 1 << 20)
			{
				$read += length $chunk;
				$seen += $chunk =~ tr/\n//;
			}
			return $seen >= $n;
		});
}

# Ends it with a signal; a line that was cut off goes.
sub stop
{
	my ($self, $signal) = @_;

	$self->{run}->signal($signal || 'INT');
	eval { $self->{run}->finish };
	return unless -e $self->{file};
	my $text = PostgreSQL::Test::Utils::slurp_file($self->{file});
	my $end = rindex($text, "\n") + 1;

	truncate $self->{file}, $end if $end < length $text;
	return;
}

# It ended by itself, or the server ended it.
sub wait_for_end
{
	my ($self) = @_;

	eval { $self->{run}->finish };
	return $self->{stderr};
}

1;
