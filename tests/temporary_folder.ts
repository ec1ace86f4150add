/** Runs `act` with the path of an empty folder that is removed afterwards. */
export async function withFolder<Result>(
  act: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = await Deno.makeTempDir();
  try {
    return await act(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
