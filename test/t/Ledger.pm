# Ledger.pm: writers who keep a ledger of what they were told is committed, and
# the comparison of it, of the database and of what a sink has.
#
# Each transaction has a name, changes rows of the table kv (of which each
# counts its own changes), adds rows without a key to the table log, and itself
# to the table done, which no slot shows.  So each row of the output names its
# transaction, its place in it, and how many of it there are.
package Ledger;

use strict;
use warnings FATAL => 'all';

use IPC::Open2;
use POSIX ();
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);

my $schema = <<'SQL';
CREATE TABLE kv (w int, k int, v bigint, txn text, part int, parts int, PRIMARY KEY (w, k));
CREATE TABLE log (txn text, part int, parts int);
CREATE TABLE done (txn text PRIMARY KEY, kv int, log int);
SQL

# Options of the plugin that go with it.
our @options = ('--option', 'topic.prefix=app', '--option', 'table.include.list=public\.kv,public\.log');
our @topics = qw(app.public.kv app.public.log);

sub new
{
	my ($class, $node, $db, $dir, $writers) = @_;
	my $self = bless { node => $node, db => $db, dir => $dir, pids => [] }, $class;

	$node->safe_psql($db, $schema);
	mkdir $dir;
	push @{ $self->{pids} }, $self->start_writer($_) for 1 .. $writers;
	return $self;
}

# One transaction: a few rows, sometimes very many, sometimes rolled back.
sub transaction
{
	my ($w, $txn) = @_;
	my @keys = map { int rand 30 } 1 .. 1 + int rand 8;
	my $log = rand() < 0.02 ? 2000 : int rand 6;
	my $end = rand() < 0.1 ? 'ROLLBACK' : 'COMMIT';
	my %distinct = map { $_ => 1 } @keys;

	@keys = keys %distinct;
	return ($end eq 'COMMIT', <<SQL . "\\echo done $txn\n");
BEGIN;
INSERT INTO kv SELECT $w, k, 1, '$txn', row_number() OVER (), @{[ scalar @keys ]} FROM unnest(ARRAY[@{[ join ',', @keys ]}]) k
ON CONFLICT (w, k) DO UPDATE SET v = kv.v + 1, txn = excluded.txn, part = excluded.part, parts = excluded.parts;
INSERT INTO log SELECT '$txn', g, $log FROM generate_series(1, $log) g;
INSERT INTO done VALUES ('$txn', @{[ scalar @keys ]}, $log);
$end;
SQL
}

# Commits until the file "stop" is there; the ledger has a line for each
# transaction whose end was told.
sub write_transactions
{
	my ($self, $w) = @_;
	my $n = 0;

	local $SIG{PIPE} = 'IGNORE';
	srand($w * 7919 + $$);
	open my $ledger, '>>', "$self->{dir}/ledger.$w" or POSIX::_exit(1);
	$ledger->autoflush;
	open STDERR, '>', '/dev/null';
	while (!-e "$self->{dir}/stop")
	{
		my $pid = open2(my $answers, my $statements, 'psql', '-XqAt', '-v', 'ON_ERROR_STOP=1', '-d', $self->{node}->connstr($self->{db}));

		while (!-e "$self->{dir}/stop")
		{
			my $txn = "$w." . ++$n;
			my ($commits, $sql) = transaction($w, $txn);

			print $statements $sql or last;
			$statements->flush;
			my $answer = <$answers>;
			last if !defined $answer || $answer ne "done $txn\n";
			print $ledger "$txn\n" if $commits;
			sleep 0.05;
		}
		close $statements;
		waitpid $pid, 0;
		sleep 0.1;
	}
	return;
}

sub start_writer
{
	my ($self, $w) = @_;
	my $pid = fork();

	die "fork: $!" if !defined $pid;
	return $pid if $pid != 0;
	$self->write_transactions($w);
	POSIX::_exit(0);
}

sub stop
{
	my ($self) = @_;

	append_to_file("$self->{dir}/stop", '');
	waitpid $_, 0 for @{ $self->{pids} };
	$self->{pids} = [];
	return;
}

sub DESTROY
{
	my ($self) = @_;

	local ($?, $!);
	$self->stop if @{ $self->{pids} };
}

# What a row of the output says, without parsing all of it.
sub row
{
	my ($line) = @_;
	my ($after) = $line =~ /"after":\{([^{}]*)\}/ or return;
	my %row = $after =~ /"(\w+)":"?([^",]*)"?/g;
	my ($position) = $line =~ /__cdc_json\.position(?:=|":")([0-9a-f.]+)/;

	return { %row, position => $position };
}

# Lines of the output in its order: of each key in the order of its changes, of
# a transaction all rows, of each committed transaction and of no other.
# Returns how many rows came more than once.
sub compare
{
	my ($self, $name, @lines) = @_;
	my %done = map { my ($txn, $kv, $log) = split /\|/; ($txn => { kv => $kv, log => $log }) }
	  split /\n/, $self->{node}->safe_psql($self->{db}, 'SELECT txn, kv, log FROM done');
	my %acknowledged = map { $_ => 1 } map { split /\n/, slurp_file($_) } glob "$self->{dir}/ledger.*";
	my (%seen, %newest, %last, $invented, $skipped, $repeated);

	for my $row (map { row($_) } @lines)
	{
		my $table = exists $row->{k} ? 'kv' : 'log';

		$repeated += $seen{ $row->{txn} }{$table}{ $row->{part} }++ ? 1 : 0;
		$invented++ if !$done{ $row->{txn} };
		next if $table eq 'log';
		my $key = "$row->{w}|$row->{k}";
		$skipped++ if $row->{v} > ($newest{$key} || 0) + 1;
		$newest{$key} = $row->{v} if $row->{v} > ($newest{$key} || 0);
		$last{$key} = $row->{v};
	}
	my @lost = grep { my $txn = $_; grep { ($done{$txn}{$_} || 0) != keys %{ $seen{$txn}{$_} || {} } } qw(kv log) } keys %done;
	my $table = join "\n", sort map { "$_|$last{$_}" } keys %last;

	cmp_ok(scalar(keys %acknowledged), '>', 0, "$name: transactions that were told to be committed");
	is(scalar(grep { !$done{$_} } keys %acknowledged), 0, "$name: all of them are in the database");
	is(scalar(@lost), 0, "$name: nothing is lost, and no transaction is there in part") or diag "lost: @lost[0 .. ($#lost > 9 ? 9 : $#lost)]";
	is($invented || 0, 0, "$name: nothing is invented");
	is($skipped || 0, 0, "$name: each key's changes are in order");
	is($table, join("\n", sort split /\n/, $self->{node}->safe_psql($self->{db}, 'SELECT w, k, v FROM kv')), "$name: the last ones are the table");
	note sprintf 'figures: %s: %d transactions committed, %d of them told to the writers, %d rows, %d came again', $name, scalar keys %done,
	  scalar keys %acknowledged, scalar @lines, $repeated || 0;
	return $repeated || 0;
}

1;
