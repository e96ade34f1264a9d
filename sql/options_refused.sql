-- Debezium's properties that have no place here: each is named, with what to do
-- instead.  All of the connector's documentation, some of Kafka Connect's and
-- Debezium Server's, and old names.
SET client_min_messages = warning;
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE EXTENSION IF NOT EXISTS cdc_json;
CREATE TABLE t (id int PRIMARY KEY);
-- cdc_json.schema() takes options like a slot, and its errors can be caught
CREATE FUNCTION refused(name text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	hint text;
BEGIN
	PERFORM cdc_json.schema('t', 'key', name, 'true');
	RETURN 'ACCEPTED';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
	RETURN concat(CASE WHEN SQLSTATE <> '0A000' OR SQLERRM <> format('option "%s" is not supported', name)
		THEN SQLSTATE || ' ' || SQLERRM || ' ' END, hint);
END $$;
SELECT refused(name), string_agg(name, ' ' ORDER BY n) FROM unnest(ARRAY[
	'database.hostname', 'database.port', 'database.user', 'database.password', 'database.dbname',
	'database.sslmode', 'database.sslcert', 'database.sslkey', 'database.sslpassword', 'database.sslrootcert',
	'database.sslfactory', 'database.tcpKeepAlive', 'database.initial.statements', 'database.query.timeout.ms',
	'database.connection.factory.class', 'plugin.name', 'slot.name', 'slot.drop.on.stop', 'slot.failover',
	'slot.stream.params', 'slot.max.retries', 'slot.retry.delay.ms', 'create.slot.command.timeout',
	'slot.seek.to.known.offset.on.start', 'publication.name', 'publication.autocreate.mode',
	'replica.identity.autoset.values', 'offset.mismatch.strategy', 'status.update.interval.ms', 'lsn.flush.mode',
	'lsn.flush.timeout.ms', 'lsn.flush.timeout.action', 'flush.lsn.source', 'xmin.fetch.interval.ms', 'read.only',
	'connection.validation.timeout.ms', 'topic.cache.size', 'topic.heartbeat.prefix', 'topic.heartbeat.name',
	'topic.regex', 'topic.replacement', 'topic.key.enforce.uniqueness', 'topic.key.field.regex',
	'topic.key.field.replacement', 'topic.key.field.name', 'transaction.metadata.factory',
	'sourceinfo.struct.maker', 'converters', 'post.processors', 'snapshot.include.collection.list',
	'snapshot.select.statement.overrides', 'snapshot.select.statement.overrides.public.t',
	'heartbeat.interval.ms', 'heartbeat.action.query', 'heartbeat.topics.prefix', 'notification.enabled.channels',
	'notification.sink.topic.name', 'snapshot.mode', 'snapshot.mode.custom.name',
	'snapshot.mode.configuration.based.snapshot.data', 'snapshot.isolation.mode', 'snapshot.locking.mode',
	'snapshot.query.mode', 'snapshot.lock.timeout.ms', 'snapshot.delay.ms', 'streaming.delay.ms',
	'snapshot.fetch.size', 'snapshot.max.threads', 'snapshot.max.threads.multiplier',
	'legacy.snapshot.max.threads', 'snapshot.tables.order.by.row.count', 'snapshot.scan.all.columns.force',
	'signal.enabled.channels', 'signal.data.collection', 'signal.poll.interval.ms',
	'incremental.snapshot.chunk.size', 'incremental.snapshot.allow.schema.changes',
	'incremental.snapshot.watermarking.strategy', 'event.processing.failure.handling.mode',
	'event.converting.failure.handling.mode', 'schema.refresh.mode', 'max.batch.size', 'max.queue.size',
	'max.queue.size.in.bytes', 'poll.interval.ms', 'query.fetch.size', 'errors.max.retries',
	'retriable.restart.connector.wait.ms', 'custom.retriable.exception', 'executor.shutdown.timeout.ms',
	'queue.provider.type', 'guardrail.collections.max', 'guardrail.collections.limit.action',
	'custom.metric.tags', 'custom.sanitize.pattern', 'statistics.metrics.enabled', 'advanced.metrics.enable',
	'log.position.check.enable', 'openlineage.integration.enabled', 'include.schema.changes',
	'include.schema.comments', 'header.converter', 'schemas.cache.size',
	'key.converter.schemas.cache.size', 'value.converter.schema.registry.url', 'transforms',
	'transforms.unwrap.type', 'predicates.p.type', 'name', 'connector.class', 'tasks.max', 'exactly.once.support',
	'topic.creation.default.partitions', 'producer.override.acks', 'debezium.source.topic.prefix',
	'debezium.sink.type', 'debezium.transforms', 'database.server.name', 'table.whitelist', 'table.blacklist',
	'schema.whitelist', 'schema.blacklist', 'column.whitelist', 'column.blacklist', 'toasted.value.placeholder',
	'sanitize.field.names', 'max_batch_size', 'slot_name', 'transforms_unwrap_type'
]) WITH ORDINALITY AS p(name, n)
GROUP BY 1 ORDER BY min(n);
ROLLBACK;
