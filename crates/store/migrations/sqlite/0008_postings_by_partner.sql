-- What is read of the books is one partner's, or a batch from its first line to its last: an order by all of a key was costly to
-- keep and served neither.
drop index postings_by_key;

create index postings_by_partner on postings (partner);
