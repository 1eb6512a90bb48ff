-- Instruments are recognised by ISIN and CUSIP too.

create index on instruments (isin) where isin is not null;
create index on instruments (cusip) where cusip is not null;
