"""The same API with asynchronous drivers and no threads."""
import json
from decimal import Decimal
from typing import List

import httpx
import redis.asyncio
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import sessionmaker

from shop import FINNHUB, POOL, QUOTE_SECONDS, REDIS, SESSION, Base, Order, StockQuote, database

app = FastAPI()
engine = create_async_engine(database("aiomysql"), **POOL)
Session = sessionmaker(bind=engine, class_=AsyncSession, **SESSION)
streams = redis.asyncio.Redis(**REDIS)
finnhub = httpx.AsyncClient(base_url=FINNHUB, timeout=10)


@app.on_event("startup")
async def make_tables():
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)


class Wish(BaseModel):
    user_id: int
    products: List[int]
    total_amount: Decimal


@app.get("/auth/ping")
async def ping():
    return {"status": "ok"}


@app.post("/orders/")
async def order(wish: Wish):
    async with Session() as session:
        row = Order(user_id=wish.user_id, products=wish.products, total_amount=wish.total_amount)
        session.add(row)
        await session.commit()
    await streams.xadd("orders", {
        "order_id": row.id, "user_id": row.user_id, "products": json.dumps(row.products),
        "total_amount": str(row.total_amount), "status": row.status,
    })
    return {"id": row.id, "status": row.status}


@app.get("/market/quote")
async def quote(symbol: str):
    cached = await streams.get(f"quote:{symbol}")
    if cached:
        return json.loads(cached)
    answer = await finnhub.get("/quote", params={"symbol": symbol})
    if answer.status_code != 200:
        raise HTTPException(502)
    seen = {"symbol": symbol, **answer.json()}
    async with Session() as session:
        session.add(StockQuote(**seen))
        await session.commit()
    text = json.dumps(seen)
    await streams.xadd("market", {"symbol": symbol, "data": text})
    await streams.set(f"quote:{symbol}", text, ex=QUOTE_SECONDS)
    return seen
