-- pg_lsn, xid, cid, tid, snapshots, jsonpath: unknown types.
-- variant base
-- variant unknown include.unknown.datatypes=true
-- variant unknown_base64 include.unknown.datatypes=true binary.handling.mode=base64
CREATE TABLE t (id int PRIMARY KEY, a pg_lsn, b xid, c xid8, d cid, e tid, f pg_snapshot, g txid_snapshot, h jsonpath, i int2vector, j oidvector, k refcursor);
-- STREAM
INSERT INTO t VALUES (1, '16/B374D848', '4294967295', '18446744073709551615', '7', '(42,7)', '10:20:10,14,15', '10:20:10', '$.a[*] ? (@ > 1)', '1 2', '3 4', 'cur'), (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
