/** A minimal test runner. A conformance suite needs nothing else. */
export async function runSuite(define) {
  const cases = [];
  define({
    describe: (_name, body) => body(),
    it: (name, body) => cases.push({ name, body }),
  });
  for (const { name, body } of cases) {
    try {
      await body();
    } catch (cause) {
      throw new Error(`"${name}" failed`, { cause });
    }
  }
  if (cases.length === 0) throw new Error('the suite has no tests');
  console.log(`${cases.length} cases passed`);
}
