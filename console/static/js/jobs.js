// Long work of the platform: asked about until it is finished, with how far it is.

const AGAIN_MS = 700;
const wait = () => new Promise((resolve) => setTimeout(resolve, AGAIN_MS));

/** look(): the job as it is, or null; tell(job): it goes on. Returns it finished; null: there is none. */
export async function finished(look, tell) {
  for (;;) {
    const job = await look();
    if (!job || job.finished_at) return job;
    tell(job);
    await wait();
  }
}
