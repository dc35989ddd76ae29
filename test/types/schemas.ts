export interface User {
  readonly name: string;
  readonly age?: number;
}

export interface Job {
  readonly work: string;
}

/** Patterns and a literal key, as a type literal. */
export type Shop = {
  [user: `user:${string}`]: User;
  [hits: `hits:${string}`]: number;
  [job: `job:${number}`]: Job;
  version: '1' | '2';
};

/** The same schema as an interface, which has no index signature of its own. */
export interface ShopInterface {
  [user: `user:${string}`]: User;
  [hits: `hits:${string}`]: number;
  version: '1' | '2';
}

/** Only literal keys. */
export interface Settings {
  theme: 'dark' | 'light';
  volume: number;
}
