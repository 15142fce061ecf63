"""The original's API with the synchronous drivers; FastAPI runs such handlers in its pool of threads."""
import json
import os
from decimal import Decimal
from typing import List

import httpx
import redis
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

from shop import FINNHUB, POOL, QUOTE_SECONDS, REDIS, SESSION, Base, Order, StockQuote, database

app = FastAPI()
engine = create_engine(database(os.environ["MYSQL_DRIVER"]), **POOL)
Session = sessionmaker(bind=engine, **SESSION)
streams = redis.Redis(**REDIS)
finnhub = httpx.Client(base_url=FINNHUB, timeout=10)
Base.metadata.create_all(engine)


class Wish(BaseModel):
    user_id: int
    products: List[int]
    total_amount: Decimal


@app.get("/auth/ping")
def ping():
    return {"status": "ok"}


@app.post("/orders/")
def order(wish: Wish):
    with Session() as session:
        row = Order(user_id=wish.user_id, products=wish.products, total_amount=wish.total_amount)
        session.add(row)
        session.commit()
    streams.xadd("orders", {
        "order_id": row.id, "user_id": row.user_id, "products": json.dumps(row.products),
        "total_amount": str(row.total_amount), "status": row.status,
    })
    return {"id": row.id, "status": row.status}


@app.get("/market/quote")
def quote(symbol: str):
    cached = streams.get(f"quote:{symbol}")
    if cached:
        return json.loads(cached)
    answer = finnhub.get("/quote", params={"symbol": symbol})
    if answer.status_code != 200:
        raise HTTPException(502)
    seen = {"symbol": symbol, **answer.json()}
    with Session() as session:
        session.add(StockQuote(**seen))
        session.commit()
    text = json.dumps(seen)
    streams.xadd("market", {"symbol": symbol, "data": text})
    streams.set(f"quote:{symbol}", text, ex=QUOTE_SECONDS)
    return seen
