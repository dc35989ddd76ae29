/** The mutants that no test can or need notice, by the reason why: `file: line ## code → what replaces it`. */
export const EXPLAINED: Readonly<Record<string, readonly string[]>> = {};
