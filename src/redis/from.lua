-- What a list holds from a place on, however much that is: `unpack` takes some thousand values at the most.
local function from(list, first)
  local rest = {}
  for place = first, #list do rest[#rest + 1] = list[place] end
  return rest
end
