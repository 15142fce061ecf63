"""What both APIs and the payment service share: settings from the environment, and the tables."""
import os
from datetime import datetime

from sqlalchemy import JSON, Column, DateTime, Float, Integer, Numeric, String
from sqlalchemy.orm import declarative_base

FINNHUB = os.environ["FINNHUB_BASE_URL"]
QUOTE_SECONDS = int(os.environ.get("QUOTE_TTL_SECONDS", "10"))
POOL = {"pool_size": 40, "max_overflow": 0, "future": True}
REDIS = {
    "host": os.environ["REDIS_HOST"],
    "port": int(os.environ["REDIS_PORT"]),
    "db": int(os.environ["REDIS_DB"]),
    "decode_responses": True,
}
SESSION = {"autoflush": False, "expire_on_commit": False, "future": True}
Base = declarative_base()


def database(driver):
    """The address of the database for one of SQLAlchemy's drivers."""
    env = os.environ
    login = f"{env['MYSQL_USER']}:{env['MYSQL_PASSWORD']}"
    return f"mysql+{driver}://{login}@{env['MYSQL_HOST']}:{env['MYSQL_PORT']}/{env['MYSQL_DB']}?charset=utf8mb4"


class Order(Base):
    __tablename__ = "orders"
    id = Column(Integer, primary_key=True)
    user_id = Column(Integer, nullable=False, index=True)
    products = Column(JSON, nullable=False)
    total_amount = Column(Numeric(12, 2), nullable=False)
    status = Column(String(20), nullable=False, default="pending")
    created_at = Column(DateTime, nullable=False, default=datetime.utcnow)


class StockQuote(Base):
    __tablename__ = "stock_quotes"
    id = Column(Integer, primary_key=True)
    symbol = Column(String(20), nullable=False, index=True)
    c = Column(Float)
    d = Column(Float)
    dp = Column(Float)
    h = Column(Float)
    l = Column(Float)  # noqa: E741, as the provider calls it
    o = Column(Float)
    pc = Column(Float)
    t = Column(Integer)
    fetched_at = Column(DateTime, nullable=False, default=datetime.utcnow)
