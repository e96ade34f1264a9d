# A long transaction of which nothing is sent is no silence: the walsender
# tells the client that it is alive, and takes its answers.  Without, it would
# do so only after the transaction.
use strict;
use warnings FATAL => 'all';

use Test::More;
use Cdc;

my $node = new_node('main', "wal_sender_timeout = '1s'", "logical_decoding_work_mem = '64kB'");
my $db = 'postgres';
my %options = (
	excluded_table => ['table.exclude.list=public.many'],
	skipped_operation => [ 'skipped.operations=c', 'provide.transaction.metadata=true' ]);
my ($rows, $longest, $end) = (2_000_000, 0);

$node->safe_psql($db, 'CREATE TABLE many (id int); CREATE TABLE few (id int PRIMARY KEY)');

# Decoding has to take longer than silence is allowed to.
while ($longest < 4 && $rows <= 8_000_000)
{
	new_slot($node, $db, $_) for sort keys %options;
	$node->safe_psql($db, "BEGIN; INSERT INTO few VALUES ($rows); INSERT INTO many SELECT generate_series(1, $rows); INSERT INTO few VALUES (-$rows); COMMIT");
	$end = position($node, $db);
	for my $slot (sort keys %options)
	{
		my $started = time;
		my $reader = follow($node, $db, $slot, @{ $options{$slot} }, '-s 1');

		my $silence = 0;
		active_pid($node, $slot);
		ok(wait_for('the end of the transaction', sub {
			my ($done, $age) = split /\|/, $node->safe_psql($db, <<"SQL");
SELECT confirmed_flush_lsn >= '$end', extract(epoch FROM clock_timestamp() - greatest(reply_time, backend_start))
FROM pg_replication_slots LEFT JOIN pg_stat_replication ON pid = active_pid WHERE slot_name = '$slot'
SQL
			$silence = $age if $age && $age > $silence;
			return $done eq 't';
		}), "$slot: decoded");
		cmp_ok($silence, '<', 1.5, "$slot: the client was never silent for longer than $silence s");
		my $took = time - $started;
		$longest = $took if $took > $longest;
		is($node->safe_psql($db, "SELECT count(active_pid) FROM pg_replication_slots WHERE slot_name = '$slot'"), '1', "$slot: by one walsender, in $took s");
		is($reader->{stderr}, '', "$slot: the client has nothing to complain about");

		# the lag of what a client confirmed is known while it is busy
		ok($node->poll_query_until($db, <<'SQL'), "$slot: lag columns");
WITH busy AS MATERIALIZED (SELECT pg_logical_emit_message(true, 'busy', repeat('x', 1000)))
SELECT write_lag IS NOT NULL AND flush_lag IS NOT NULL AND replay_lag IS NOT NULL FROM pg_stat_replication, busy
SQL
		$reader->stop;
		ok($node->poll_query_until($db, "SELECT active_pid IS NULL FROM pg_replication_slots WHERE slot_name = '$slot'"), "$slot: ended");
		$node->safe_psql($db, "SELECT pg_drop_replication_slot('$slot')");
	}
	$rows *= 2;
	$node->safe_psql($db, 'TRUNCATE many');
}
cmp_ok($longest, '>=', 2, 'longer than silence is allowed to');
unlike(server_log($node), qr/terminating walsender process due to replication timeout/, 'no timeout');
$node->stop;
done_testing();
