-- COPY: many rows in one record of the log.
CREATE TABLE t (id int PRIMARY KEY, v text);
-- STREAM
COPY t FROM stdin;
1	a
2	\N
3	ž\tx
\.
