import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { drawClouds } from "../../../lib/data/augment/clouds.ts";
import { Random } from "../../../lib/data/random.ts";

Deno.test("drawClouds() stays about from 0 to 1 and is the same for the same random numbers only", () => {
  for (let seed = 0; seed < 10; seed++) {
    const clouds = drawClouds(1.4, new Random(seed));
    assert(clouds.every((height) => height > -0.1 && height < 1.1));
    assertEquals(drawClouds(1.4, new Random(seed)), clouds);
    assertNotEquals(drawClouds(1.4, new Random(seed + 1)), clouds);
  }
});

Deno.test("drawClouds() is the rougher the less the random numbers shrink", () => {
  const roughness = (decay: number) => {
    const clouds = drawClouds(decay, new Random(1));
    return clouds.reduce((sum, height, i) => sum + (i ? Math.abs(height - clouds[i - 1]) : 0), 0);
  };
  assert(roughness(1.4) > 2 * roughness(2));
});
