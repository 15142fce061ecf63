"""The original's payment service: marks each order of the stream paid, one after the other."""
import os

import redis
from sqlalchemy import create_engine, update
from sqlalchemy.orm import sessionmaker

from shop import POOL, REDIS, SESSION, Order, database

streams = redis.Redis(**REDIS)
try:
    streams.xgroup_create("orders", "payments", id="0", mkstream=True)
except redis.ResponseError as error:
    if "BUSYGROUP" not in str(error):
        raise

engine = create_engine(database(os.environ["MYSQL_DRIVER"]), **POOL)
with sessionmaker(bind=engine, **SESSION)() as session:
    while True:
        entries = streams.xreadgroup("payments", f"worker-{os.getpid()}", {"orders": ">"}, count=10, block=1000)
        for entry, fields in (pair for _, pairs in entries or [] for pair in pairs):
            paid = update(Order).where(Order.id == int(fields["order_id"])).values(status="paid")
            session.execute(paid, execution_options={"synchronize_session": False})
            session.commit()
            streams.xack("orders", "payments", entry)
            streams.xadd("payments", {"order_id": fields["order_id"], "status": "paid"})
