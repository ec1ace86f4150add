import { assertEquals } from "@std/assert";
import { describeFigure } from "../../lib/workshop/figure.ts";

Deno.test("describeFigure() says nothing of a tolerance of 0", () => {
  assertEquals(
    describeFigure({ name: "Pictures", value: 60000, tolerance: 0 }),
    "Pictures: 60,000",
  );
});

Deno.test("describeFigure() shows whole numbers where the tolerance is large", () => {
  assertEquals(
    describeFigure({ name: "Mistakes", value: 123.4, tolerance: 15 }),
    "Mistakes: 123 (another computer may be 15 off)",
  );
});
