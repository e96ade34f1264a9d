-- Options with lists, and with a parameter in their name: what is accepted, and
-- how the rest is refused.
SET client_min_messages = warning;
\set SHOW_CONTEXT never
\pset format unaligned
\pset tuples_only on
SELECT 'slot' FROM pg_create_logical_replication_slot('options_lists', 'cdc_json');
CREATE FUNCTION try(VARIADIC options text[]) RETURNS text LANGUAGE sql AS $$
	SELECT 'accepted' FROM (SELECT count(*) FROM pg_logical_slot_peek_binary_changes('options_lists', NULL, NULL, VARIADIC options)) AS s
$$;

-- Lists: include with exclude of the same kind; nothing in them.
SELECT try('schema.include.list', 'a', 'schema.exclude.list', 'b');
\echo :SQLSTATE
SELECT try('table.exclude.list', 'a', 'table_include_list', 'b');
SELECT try('column.include.list', 'a', 'column.exclude.list', 'b');
SELECT try('message.prefix.include.list', 'a', 'message.prefix.exclude.list', 'b');
SELECT try('schema.include.list', 'a', 'table.exclude.list', 'b');
SELECT try('table.include.list', ' , ');
SELECT try('column.propagate.source.type', '');

-- Keys.
SELECT try('message.key.columns', 'public.t:a,b; (?:public|s)\..*:"c d" ;');
SELECT try('message.key.columns', 'public.t');
\echo :SQLSTATE
SELECT try('message.key.columns', ':a');
SELECT try('message.key.columns', 'public.t: , ');
SELECT try('message.key.columns', 'public.t:(a|b)');
SELECT try('message.key.columns', 'public.(t:a');
SELECT try('message.key.columns', ';');

-- Parameters in names.
SELECT try('column.mask.with.0.chars', 'a', 'column.truncate.to.20.chars', 'b', 'column.mask.hash.SHA-256.with.salt.a.b', 'c', 'column.mask.hash.v2.sha-512.with.salt.s', 'd');
SELECT try('column.mask.with.chars', '0;a', 'column.truncate.to.chars', '20;b', 'column.mask.hash.SHA-1', 's;c', 'column.mask.hash.v2.SHA-384', 's;d\;e');
SELECT try('column.mask.with.x.chars', 'a');
\echo :SQLSTATE
SELECT try('column.truncate.to.65536.chars', 'a');
SELECT try('column.truncate.to.-1.chars', 'a');
SELECT try('column.mask.with.3.letters', 'a');
SELECT try('column.mask.with.chars', 'a');
SELECT try('column.mask.with.chars', '3');
SELECT try('column.mask.with.chars', 'x;a');
SELECT try('column.mask.with.3.chars', '');

-- A salt is a secret: no message shows it, whatever is wrong.
SELECT try('column.mask.hash.SHA-257.with.salt.secret', 'a');
SELECT try('column.mask.hash.SHA-256.secret', 'a');
SELECT try('column.mask.hash.v2.secret', 'secret;a');
SELECT try('column.mask.hash.SHA-256.with.salt.', 'a');
SELECT try('column.mask.hash.SHA-256.with.salt.secret', '(');
SELECT try('column.mask.hash.SHA-256.with.salt.secret', '');
SELECT try('column.mask.hash.SHA-256', 'secret');
SELECT try('column.mask.hash.SHA-256', ';a');
SELECT try('column.mask.hash.SHA-256', 'secret;(secret');
SELECT try('column.mask.hash.SHA-256', 'secret;secret;a');
SELECT try('column_mask_hash_SHA-256_with_salt_secret', 'a');
SELECT try('column.mask.hsah.SHA-256.with.slat.secret', 'a');
SELECT try('column.mask.hash.v2.SHA-256.with.salt.secret.that.is.much.too.long', 'a');
\echo :SQLSTATE
SELECT try('column.mask.with.00000000000000000000000000000000000000003.chars', 'a');

DROP FUNCTION try(text[]);
SELECT 'dropped' FROM pg_drop_replication_slot('options_lists');
