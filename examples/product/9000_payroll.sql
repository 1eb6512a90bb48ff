alter table accounts drop constraint accounts_product_check;
alter table accounts add constraint accounts_product_check
    check (product in ('transactions', 'investments', 'liabilities', 'payroll'));
