def model(dbt, session):
    from fondaco.warehouse.clv import predicted

    return predicted(dbt.ref("int_customers__purchase_days"), dbt.ref("int_clv__fitted"))
