def model(dbt, session):
    from fondaco.warehouse.clv import fitted

    last_day = dbt.ref("int_ledger__last_day").fetchone()[0]
    return fitted(dbt.ref("int_customers__purchase_days"), last_day)
