# Relay.pm: what the TAP tests of the relay share.
#
# Builds the program once, runs it in the foreground or in the background, and
# runs librdkafka's cluster in memory as a program of its own.
package Relay;

use strict;
use warnings FATAL => 'all';

use Cwd qw(abs_path);
use Exporter 'import';
use File::Basename qw(dirname);
use IPC::Run;
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

our @EXPORT = qw(build_relay has_kafka relay start_relay wait_until lines mock broker records read_topics fold_events);

my $root = abs_path(dirname(__FILE__) . '/../..');
my $program = "$root/build/relay/cdc_json_relay";
my $tool = "$root/build/relay_test/kafka_tool";
my $json = JSON::PP->new->utf8->canonical;

# Skips all tests of a file when it cannot be built, or lacks what it needs.
sub build_relay
{
	my ($need_kafka) = @_;
	my $make = "make -s --no-print-directory PG_CONFIG='" . ($ENV{PG_CONFIG} || 'pg_config') . "'";
	my $out = `$make -C '$root/src/relay' 2>&1`;

	die "the relay does not build: $out" if $?;
	return if !$need_kafka;
	plan skip_all => 'librdkafka is not installed' if !has_kafka();
	build_tool();
}

# For tests of which only a part needs Kafka.
sub build_tool
{
	my $out = `make -s --no-print-directory -C '$root/test/relay' kafka_tool 2>&1`;

	die "kafka_tool does not build: $out" if $?;
}

# A library that makes faults of the machine.
sub build_faults
{
	my $out = `make -s --no-print-directory -C '$root/test/relay' faults 2>&1`;

	die "faults.so does not build: $out" if $?;
	return "$root/build/relay_test/faults.so";
}

sub has_kafka
{
	return `$program --version` =~ /librdkafka/;
}

# Most tests are of the stream, in databases without the extension that a
# snapshot needs: unless one says otherwise, there is none.
sub arguments
{
	return (@_, (grep { /^--(snapshot|config|help|version)\b/ } @_) ? () : ('--snapshot', 'no_data'));
}

# Runs to the end: exit status, standard output, standard error.
sub relay
{
	my (@arguments) = arguments(@_);
	my ($out, $err) = ('', '');

	IPC::Run::run([ $program, @arguments ], '<', \undef, '>', \$out, '2>', \$err, IPC::Run::timeout(120));
	return ($? & 127 ? 128 + ($? & 127) : $? >> 8, $out, $err);
}

# In the background: its standard output and error go to files.
sub start_relay
{
	my ($name, @rest) = @_;
	my @arguments = arguments(@rest);
	my $base = ($ENV{TESTDIR} || $PostgreSQL::Test::Utils::tmp_check) . "/$name";
	my $pid = fork();

	die "fork: $!" if !defined $pid;
	if ($pid == 0)
	{
		open STDIN, '<', '/dev/null';
		open STDOUT, '>>', "$base.out.jsonl" or POSIX::_exit(99);
		open STDERR, '>>', "$base.err" or POSIX::_exit(99);
		exec $program, @arguments or POSIX::_exit(99);
	}
	return bless { pid => $pid, out => "$base.out.jsonl", err => "$base.err" }, 'Relay::Process';
}

# A condition within a time; dies without it.
sub wait_until
{
	my ($what, $condition, $seconds) = @_;
	my $deadline = time + ($seconds || 60);

	until ($condition->())
	{
		die "waited in vain: $what" if time > $deadline;
		sleep 0.05;
	}
	return 1;
}

sub lines
{
	my ($file) = @_;

	return -e $file ? split(/\n/, slurp_file($file)) : ();
}

# Records as hashes from lines of format=record.
sub records
{
	return map { $json->decode($_) } @_;
}

# What a table holds after all events, by key: the text of "after".
sub fold_events
{
	my (@records) = @_;
	my %table;

	for my $r (@records)
	{
		next if !defined $r->{key};
		my $key = $json->encode($r->{key});
		my $value = $r->{value};

		if (!defined $value || $value->{op} eq 'd') { delete $table{$key}; }
		else { $table{$key} = $json->encode($value->{after}); }
	}
	return \%table;
}

# A cluster of brokers in memory.
sub mock
{
	my ($brokers) = @_;
	my $self = bless { in => '', out => '' }, 'Relay::Mock';

	$self->{run} = IPC::Run::start([ $tool, 'mock', $brokers ], '<', \$self->{in}, '>', \$self->{out}, '2>', '/dev/null');
	$self->{run}->pump until $self->{out} =~ s/^(.*)\n//;
	$self->{servers} = $1;
	return $self;
}

# A real broker on a free port of 127.0.0.1, with its properties; undef without
# Java or its jars.  The test run has fetched them, or has said why not.
sub broker
{
	my ($name, @properties) = @_;
	my $cache = $ENV{DOWNSTREAM_CACHE} || '';
	my $dir = ($ENV{TESTDIR} || $PostgreSQL::Test::Utils::tmp_check) . "/$name";

	return undef if !glob "$cache/kafka-*";
	my $self = bless { dir => $dir, properties => \@properties }, 'Relay::Broker';
	$self->start;
	return $self;
}

# Why there is none.
sub no_broker
{
	my $missing = ($ENV{DOWNSTREAM_CACHE} || '') . '/missing';
	my ($why) = -e $missing ? grep { /\S/ } lines($missing) : ();

	return 'no Kafka broker' . (defined $why ? ": $why" : '');
}

# Lines of kafka_tool as hashes.
sub topic_records
{
	return map {
		my ($topic, $partition, $offset, $key, $value, @headers) = split /\t/;
		{
			topic => $topic, partition => $partition, offset => $offset,
			key => $key eq '-' ? undef : $json->decode($key),
			value => $value eq '-' ? undef : $json->decode($value),
			headers => { map { /^(.*?)=(.*)$/s ? ($1, $2) : () } @headers }
		}
	} @_;
}

# All records of topics of a cluster, as kafka_tool prints them.
sub read_topics
{
	my ($servers, @topics) = @_;
	my ($out, $err) = ('', '');

	IPC::Run::run([ $tool, 'read', $servers, @topics ], '<', \undef, '>', \$out, '2>', \$err, IPC::Run::timeout(120)) or die "kafka_tool: $err";
	return split /\n/, $out;
}

package Relay::Process;

# Has it ended?  Then its exit status, or 128 and the signal.
sub ended
{
	my ($self) = @_;

	return $self->{status} if defined $self->{status};
	return undef if waitpid($self->{pid}, POSIX::WNOHANG()) == 0;
	return $self->{status} = $? & 127 ? 128 + ($? & 127) : $? >> 8;
}

sub wait_end
{
	my ($self, $seconds) = @_;

	Relay::wait_until('end of the relay', sub { defined $self->ended }, $seconds);
	return $self->{status};
}

sub signal
{
	my ($self, $signal) = @_;

	kill $signal, $self->{pid} if !defined $self->ended;
}

sub stop
{
	my ($self) = @_;

	$self->signal('TERM');
	return $self->wait_end;
}

sub log_text
{
	my ($self) = @_;

	return join "\n", Relay::lines($self->{err});
}

sub DESTROY
{
	my ($self) = @_;

	local ($?, $!);
	kill 'KILL', $self->{pid} if !defined $self->ended;
}

package Relay::Mock;

# Gives a command; returns the lines of its answer.
sub command
{
	my ($self, $command) = @_;
	my @lines;

	$self->{in} .= "$command\n";
	$self->{run}->pump until $self->{out} =~ /^(ok|error)\n\z/m;
	@lines = split /\n/, $self->{out};
	$self->{out} = '';
	die "mock cluster: $command" if pop @lines ne 'ok';
	return @lines;
}

# All records of topics, as hashes with partition, offset, key, value, headers.
sub read
{
	my ($self, @topics) = @_;

	return Relay::topic_records($self->command("read @topics"));
}

sub end
{
	my ($self) = @_;

	delete $self->{run};
}

package Relay::Broker;

sub kafka
{
	my (@arguments) = @_;
	my ($out, $err) = ('', '');

	# in the background it would keep our pipes open: so files
	return system("sh '$root/test/downstream/kafka' " . join(' ', map { "'$_'" } @arguments) . " >>'$arguments[1].kafka.log' 2>&1") == 0;
}

# One of Kafka's tools; what it prints is in a file.
sub run_tool
{
	my ($file, @arguments) = @_;

	system("sh '$root/test/downstream/kafka' run " . join(' ', map { "'$_'" } @arguments) . " >$file 2>&1") == 0
	  or Test::More::diag("@arguments: " . PostgreSQL::Test::Utils::slurp_file($file =~ s/ .*//r));
	return;
}

# Starts it, also after it was stopped or killed; data and port stay.
sub start
{
	my ($self) = @_;

	kafka('start', $self->{dir}, 0, @{ $self->{properties} })
	  or die "the broker does not start: " . PostgreSQL::Test::Utils::slurp_file("$self->{dir}.kafka.log");
	($self->{pid}) = Relay::lines("$self->{dir}/pid");
	my ($port) = Relay::lines("$self->{dir}/port");
	$self->{servers} = "127.0.0.1:$port";
	return;
}

sub signal
{
	my ($self, $signal) = @_;

	kill $signal, $self->{pid};
	return;
}

sub stop
{
	my ($self) = @_;

	local ($?, $!);
	kafka('stop', $self->{dir});
	delete $self->{pid};
	return;
}

sub read
{
	my ($self, @topics) = @_;

	return Relay::topic_records(Relay::read_topics($self->{servers}, @topics));
}

sub DESTROY
{
	my ($self) = @_;

	local ($?, $!);
	kill 'KILL', $self->{pid} if $self->{pid};
}

1;
