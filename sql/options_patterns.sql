-- Regular expressions: what they match, and which ones are refused because Java
-- reads them differently.
SET client_min_messages = warning;
\pset format unaligned
\pset tuples_only on
BEGIN;
CREATE EXTENSION IF NOT EXISTS cdc_json;
CREATE TABLE "Ab,c" (id int PRIMARY KEY);
-- cdc_json.schema() takes options like a slot, and is null for a table that they
-- leave out
CREATE FUNCTION matches(list text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	detail text;
	hint text;
BEGIN
	RETURN CASE WHEN cdc_json.schema('"Ab,c"', 'key', 'table.include.list', list) IS NULL THEN 'no' ELSE 'yes' END;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(E'\n\t', CASE WHEN SQLSTATE = '2201B' AND SQLERRM = format('invalid regular expression for option "table.include.list": "%s"', list)
		THEN 'refused' ELSE SQLSTATE || ' ' || SQLERRM END, NULLIF(detail, ''), NULLIF(hint, ''));
END $$;

-- The whole name, in any case, one entry of the list at least.
SELECT list, matches(list) FROM unnest(ARRAY[
	'public\.ab\,c', 'PUBLIC.AB\,C', 'public\.ab', 'ab\,c', 'blic.*', '.*', 'x, public\.ab\,c', 'public\.ab\,c,', ' , .*,', 'x,y',
	'public\.ab,c', '(?i)public\.AB\,c', 'x|public.*', 'x|y', 'x|', '^public\.ab\,c$', '\Apublic.*\Z'
]) AS list;

-- Constructs that both dialects have.
SELECT list, matches(list) FROM unnest(ARRAY[
	'(?!public\.x).*', '(?!public\.a).*', '.*(?<=\,c)', '.*(?<!\,c)', '(?=public).*', '(?:public|x)\..*', '(.)ublic\.ab\,c', 'public\.(.)\1.*',
	'.+?', '.*?c', 'publicx??\.ab\,c', '[a-z]{6}\.\w{2}\W\w', '[^x]{1\,20}', '[a-z.\,]*', '[^]]*', '[]a-z.\,]*', '\D\S+', '[[:alpha:]]+\.ab[[:punct:]]c',
	'\x70ublic.*', '\u0070ublic.*', 'public\.\yab\,c', 'public\-x', 'x{'
]) AS list;

-- Constructs that would be read differently, or not at all.
SELECT list, matches(list) FROM unnest(ARRAY[
	'public\.\bab', '\Babc', '\Qpublic.ab\E', 'a\E', '\p{L}+', '\P{L}', '[\p{L}]+', '\h', '\H', '\v', '\V', '\R', '\X', '\N{DIGIT ONE}', '\Ga', 'a\z',
	'(?<n>a)\k<n>', '\k<n>', '(?<name>a)', '(?>a)', '(?s).*', '(?x)a b', 'a(?i)b', '(?i:a)', '(?-i)a', '(?#remark)a',
	'a*+', 'a++b', 'a?+', 'a{2}+', 'a{2\,3}+', '[a]*+', '[a-z&&[^b]]', '[a-c[x-z]]', '\012', '\x{70}', '\x700', '(a)\10'
]) AS list;

-- Not valid in either.
SELECT list, matches(list) FROM unnest(ARRAY[
	'(a', 'a)', 'a)|(b', '[a', '*', '*.ab', 'a**', 'a\', 'a{2', 'a{3\,2}', 'a{256}', '[b-a]', '[[:foo:]]', '\2', '***=a', '\y', '()', ''
]) AS list;

-- Too complex, as the server has it.
SELECT matches('((((((((a{1\,255}){1\,255}){1\,255}){1\,255}){1\,255}){1\,255}){1\,255}){1\,255})');
ROLLBACK;
