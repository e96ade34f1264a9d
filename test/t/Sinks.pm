# Sinks.pm: what the TAP tests of the relay's sinks for caches, search and HTTP
# share: the real servers, a client for each, and a receiver of HTTP requests.
#
# All servers listen on 127.0.0.1 and end with the test.
package Sinks;

use strict;
use warnings FATAL => 'all';

use Cwd qw(abs_path);
use Exporter 'import';
use File::Basename qw(dirname);
use HTTP::Tiny;
use IO::Socket::INET;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);
use Relay;

our @EXPORT = qw(need_sink redis memcached receiver opensearch free_port metric table_rows confirmed unconfirmed random_changes);

my $root = abs_path(dirname(__FILE__) . '/../..');
my $json = JSON::PP->new->utf8->canonical;

sub folder
{
	return $ENV{TESTDIR} || $PostgreSQL::Test::Utils::tmp_check;
}

sub free_port
{
	return PostgreSQL::Test::Cluster::get_free_port();
}

# Skips all tests of a file without the sink, or without a server for it.
sub need_sink
{
	my ($sink, $server) = @_;
	my (undef, $help) = relay('--help');

	plan skip_all => "the relay is built without the sink $sink" if $help =~ /^  \Q$sink\E +not in this build/m;
	plan skip_all => "$server is not installed" if $server && !grep { -x "$_/$server" } split(/:/, $ENV{PATH}), '/usr/sbin', '/usr/local/sbin';
	return;
}

# A program in the background, and whether it listens.
sub start
{
	my ($class, $port, $log, @command) = @_;
	my $pid = fork();

	die "fork: $!" if !defined $pid;
	if ($pid == 0)
	{
		open STDIN, '<', '/dev/null';
		open STDOUT, '>>', $log or POSIX::_exit(99);
		open STDERR, '>&', \*STDOUT or POSIX::_exit(99);
		exec @command or POSIX::_exit(99);
	}
	my $self = bless { pid => $pid, port => $port, command => \@command, log => $log }, $class;
	wait_until("$command[0] listens", sub { IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port", Timeout => 1) }, 30);
	return $self;
}

# --- servers ---------------------------------------------------------------

# redis-server; arguments are its own, "--maxmemory 1mb".
sub redis
{
	my (@arguments) = @_;
	my $port = free_port();

	return Sinks::Redis->start_on($port, @arguments);
}

sub memcached
{
	my (@arguments) = @_;
	my $port = free_port();

	# it refuses to be root, and the tests are not
	return start('Sinks::Memcached', $port, folder() . "/memcached.$port.log", 'memcached', '-l', '127.0.0.1', '-p', $port, '-U', '0', @arguments);
}

# A program that takes HTTP requests and does with them as it is told; see test/relay/receiver.py.
sub receiver
{
	my $port = free_port();

	return start('Sinks::Receiver', $port, folder() . "/receiver.$port.log", 'python3', "$root/test/relay/receiver.py", $port);
}

# A real search server, or undef and the reason.
sub opensearch
{
	my $dir = folder() . '/opensearch';

	return (undef, join ' ', lines("$ENV{DOWNSTREAM_CACHE}/opensearch.missing"))
	  if $ENV{DOWNSTREAM_CACHE} && -e "$ENV{DOWNSTREAM_CACHE}/opensearch.missing";
	# in the background it would keep our pipes open: so files
	system("sh '$root/test/downstream/opensearch' start '$dir' >'$dir.start.log' 2>&1") == 0
	  or return (undef, join ' ', lines("$dir.start.log"));
	my ($port) = lines("$dir/port");
	return bless { dir => $dir, port => $port, url => "http://127.0.0.1:$port" }, 'Sinks::OpenSearch';
}

# --- the relay and the table -----------------------------------------------

sub metric
{
	my ($port, $name) = @_;
	my $answer = HTTP::Tiny->new(timeout => 10)->get("http://127.0.0.1:$port/metrics");

	return $answer->{success} && $answer->{content} =~ /^cdc_json_\Q$name\E (\S+)$/m ? $1 : undef;
}

# Rows as the events have them, by the text of the id.
sub table_rows
{
	my ($node, $db, $table) = @_;

	return { map { /^(.*?)\t(.*)$/s ? ($1, $json->encode($json->decode($2))) : () }
		  split /\n/, $node->safe_psql($db, "SELECT t.id || E'\\t' || to_json(t) FROM $table t") };
}

# Everything before the end of the transactions so far is confirmed.
sub confirmed
{
	my ($node, $db, $slot) = @_;
	my $lsn = $node->safe_psql($db, 'SELECT pg_current_wal_insert_lsn()');

	return sub { $node->safe_psql($db, "SELECT confirmed_flush_lsn >= '$lsn' FROM pg_replication_slots WHERE slot_name = '$slot'") eq 't' };
}

# Changes a table, and tells whether that is not confirmed (yet).
sub unconfirmed
{
	my ($node, $db, $slot, $sql) = @_;
	my $lsn = $node->safe_psql($db, "BEGIN; $sql; SELECT pg_current_wal_insert_lsn(); COMMIT");

	return sub { $node->safe_psql($db, "SELECT confirmed_flush_lsn <= '$lsn' FROM pg_replication_slots WHERE slot_name = '$slot'") eq 't' };
}

# A few transactions with changes of all kinds, ids up to 200.
sub random_changes
{
	my ($table, $n) = @_;
	my $sql = '';

	for (1 .. $n)
	{
		my $id = 1 + int rand 200;
		my $kind = rand;

		$sql .= $kind < 0.5 ? "INSERT INTO $table (id, v) VALUES ($id, 'i' || random()) ON CONFLICT (id) DO UPDATE SET v = excluded.v;"
		  : $kind < 0.75 ? "DELETE FROM $table WHERE id = $id;"
		  : "UPDATE $table SET id = id + 1000 WHERE id = $id AND NOT EXISTS (SELECT FROM $table WHERE id = $id + 1000);";
	}
	return "BEGIN; $sql COMMIT;";
}

# ---------------------------------------------------------------------------
package Sinks::Server;

sub signal
{
	my ($self, $signal) = @_;

	kill $signal, $self->{pid} if $self->{pid};
	return;
}

sub stop
{
	my ($self) = @_;

	local ($?, $!);
	return if !$self->{pid};
	kill 'KILL', $self->{pid};
	waitpid $self->{pid}, 0;
	delete $self->{pid};
	return;
}

# Again on the same port.
sub restart
{
	my ($self) = @_;

	$self->stop;
	my $new = Sinks::start(ref $self, $self->{port}, $self->{log}, @{ $self->{command} });
	$self->{pid} = delete $new->{pid};
	delete $self->{socket};
	return;
}

sub DESTROY
{
	my ($self) = @_;

	$self->stop;
	return;
}

# ---------------------------------------------------------------------------
package Sinks::Redis;

our @ISA = ('Sinks::Server');

sub start_on
{
	my ($class, $port, @arguments) = @_;

	return Sinks::start($class, $port, Sinks::folder() . "/redis.$port.log", 'redis-server', '--bind', '127.0.0.1', '--port', $port,
		'--save', '', '--appendonly', 'no', '--dir', Sinks::folder(), @arguments);
}

# Sends a command and returns its answer: a text, undef, or a list's reference.
sub command
{
	my ($self, @words) = @_;

	$self->{socket} //= IO::Socket::INET->new(PeerAddr => "127.0.0.1:$self->{port}") or die "redis: $!";
	utf8::encode($_) for grep { utf8::is_utf8($_) } @words;
	print { $self->{socket} } "*" . @words . "\r\n" . join('', map { '$' . length($_) . "\r\n$_\r\n" } @words);
	return $self->answer;
}

sub answer
{
	my ($self) = @_;
	my $line = readline($self->{socket}) // die 'redis: connection closed';

	$line =~ s/\r\n$//;
	my ($type, $rest) = (substr($line, 0, 1), substr($line, 1));
	return $rest if $type eq '+' || $type eq ':' || $type eq '-';
	return undef if $rest < 0;
	return [ map { $self->answer } 1 .. $rest ] if $type eq '*';
	read $self->{socket}, my $data, $rest + 2;
	return substr $data, 0, $rest;
}

sub keys
{
	my ($self, $pattern) = @_;

	return sort @{ $self->command('KEYS', $pattern || '*') };
}

# ---------------------------------------------------------------------------
package Sinks::Memcached;

our @ISA = ('Sinks::Server');

sub socket
{
	my ($self) = @_;

	return $self->{socket} //= IO::Socket::INET->new(PeerAddr => "127.0.0.1:$self->{port}") || die "memcached: $!";
}

sub get
{
	my ($self, $key) = @_;
	my $socket = $self->socket;

	print $socket "get $key\r\n";
	my $line = readline $socket;
	return undef if $line eq "END\r\n";
	$line =~ /^VALUE \S+ \d+ (\d+)\r\n$/ or die "memcached: $line";
	read $socket, my $data, $1 + 2;
	readline $socket;
	return substr $data, 0, $1;
}

sub set
{
	my ($self, $key, $value) = @_;
	my $socket = $self->socket;

	print $socket "set $key 0 0 " . length($value) . "\r\n$value\r\n";
	return readline($socket) eq "STORED\r\n";
}

# ---------------------------------------------------------------------------
package Sinks::Receiver;

our @ISA = ('Sinks::Server');

sub url
{
	my ($self) = @_;

	return "http://127.0.0.1:$self->{port}";
}

# How it behaves from now on; see receiver.py.
sub behave
{
	my ($self, %behaviour) = @_;

	HTTP::Tiny->new->put($self->url . '/', { content => $json->encode(\%behaviour) })->{success} or die 'receiver does not listen';
	return;
}

# How many ids of keys it has taken.
sub ids
{
	my ($self) = @_;

	return HTTP::Tiny->new->get($self->url . '/ids')->{content};
}

# What it has: requests that it answered (headers, body, status), documents.
sub state
{
	my ($self) = @_;
	my $answer = HTTP::Tiny->new(max_size => 1 << 30)->get($self->url . '/state');

	die "receiver: $answer->{content}" if !$answer->{success};
	return $json->decode($answer->{content});
}

# ---------------------------------------------------------------------------
package Sinks::OpenSearch;

sub call
{
	my ($self, $method, $path, $body) = @_;
	my $answer = HTTP::Tiny->new(timeout => 60, max_size => 1 << 30)->request($method, "$self->{url}$path",
		{ headers => { 'content-type' => 'application/json' }, defined $body ? (content => $body) : () });

	return ($answer->{status}, $answer->{content} =~ /^\{/ ? $json->decode($answer->{content}) : $answer->{content});
}

# All documents of an index, by their ids, as text.
sub documents
{
	my ($self, $index) = @_;

	$self->call('POST', "/$index/_refresh");
	my (undef, $found) = $self->call('POST', "/$index/_search?size=10000", '{"query":{"match_all":{}}}');
	return { map { $_->{_id} => $json->encode($_->{_source}) } @{ $found->{hits}{hits} || [] } };
}

sub DESTROY
{
	my ($self) = @_;

	local ($?, $!);
	system("sh '$root/test/downstream/opensearch' stop '$self->{dir}' >/dev/null 2>&1");
	return;
}

1;
