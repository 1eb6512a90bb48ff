/** Accounts and connections: reads them again and again, and does what the user asks for. */

import { backTo, givenUp, type Linking, type LinkProvider, type Returned } from "./linking";
import * as rest from "./rest";
import * as session from "./session";
import { channelNames, type State } from "./state";
import type { Store } from "./store";

const EVERY_MS = 30_000;
const WHILE_SYNCING_MS = 1_000;
const NOTE_MS = 5_000;

export interface Surroundings {
  store: Store;
  /** The bearer token; null when signed out. */
  token: () => string | null;
  follow: (names: string[]) => void;
  expired: () => void;
}

export class AccountWork {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private withPositions = false;

  constructor(private readonly around: Surroundings) {}

  stop(): void {
    clearTimeout(this.timer);
  }

  /** Read accounts and connections now, and again: each second while something syncs; an outage keeps what is known. */
  readonly read = async (): Promise<void> => {
    clearTimeout(this.timer);
    const token = this.around.token();
    if (token === null) {
      return;
    }
    let syncing = false;
    try {
      const [accounts, providerConnections] = await Promise.all([rest.accounts(token), rest.connections(token)]);
      syncing = providerConnections.some((connection) => connection.is_syncing);
      this.patch({ accounts, providerConnections, accountsKnown: true });
      this.follow();
    } catch (error) {
      if (error instanceof rest.Refused && error.status === 401) {
        this.around.expired();
        return;
      }
    }
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.read(), syncing ? WHILE_SYNCING_MS : EVERY_MS);
  };

  readonly followAccounts = (wanted: boolean): void => {
    this.withPositions = wanted;
    this.follow();
  };

  readonly refresh = async (): Promise<void> => {
    await this.ask((token) => rest.refresh(token));
  };

  readonly refreshOne = async ({ id, institution }: rest.ProviderConnection): Promise<void> => {
    this.around.store.change((state) => ({
      ...state,
      providerConnections: state.providerConnections.map((each) => (each.id === id ? { ...each, is_syncing: true } : each)),
    }));
    await this.ask(async (token) => {
      await rest.refreshConnection(token, id);
      return `Reading ${institution}.`;
    });
  };

  readonly remove = async ({ id }: rest.ProviderConnection): Promise<void> => {
    await rest.removeConnection(this.needToken(), id);
    await this.read();
  };

  /** Hand over an Alpaca account's keys; an error is for the form that has them. */
  readonly connectAlpaca = async (keyId: string, secretKey: string): Promise<void> => {
    const { message } = await rest.connectAlpaca(this.needToken(), keyId, secretKey);
    this.linking({ kind: "done", message });
    await this.read();
  };

  /** Keep the user's word on whether an account is another one. */
  readonly sameAs = async ({ id }: rest.Account, other: string | null): Promise<void> => {
    try {
      this.patch({ accounts: await rest.sayDuplicate(this.needToken(), id, other) });
    } catch (error) {
      this.patch({ refresh: { kind: "failed", message: rest.sentence(error) } });
    }
  };

  /** Leave for a provider's page. */
  readonly link = async (provider: LinkProvider, repairs: rest.ProviderConnection | null): Promise<void> => {
    this.linking({ kind: "busy", message: "Opening the provider’s page…" });
    try {
      const { url, linkToken } = await rest.beginLinking(
        this.needToken(),
        provider,
        backTo(location.origin, provider),
        repairs?.id ?? null,
      );
      session.keepLeaving({ linkToken, repairs: repairs?.id ?? null });
      location.assign(url);
    } catch (error) {
      this.linking({ kind: "failed", message: rest.sentence(error) });
    }
  };

  /** Take up what the browser came back with. */
  readonly finish = async (returned: Returned): Promise<void> => {
    const leaving = session.takeLeaving();
    const nothing = givenUp(returned);
    if (nothing !== null) {
      this.linking({ kind: "failed", message: nothing });
    } else {
      this.linking({ kind: "busy", message: "Asking the provider what was connected…" });
      try {
        this.linking(await this.taken(returned, leaving));
      } catch (error) {
        this.linking({ kind: "failed", message: rest.sentence(error) });
      }
    }
    await this.read();
  };

  readonly closeLinking = (): void => this.linking({ kind: "none" });

  private async taken(returned: Returned, leaving: ReturnType<typeof session.takeLeaving>): Promise<Linking> {
    const token = this.needToken();
    if (returned.provider === "plaid" && leaving?.repairs != null) {
      await rest.refreshConnection(token, leaving.repairs);
      return { kind: "done", message: "The institution is being read again." };
    }
    if (returned.provider === "plaid" && leaving?.linkToken == null) {
      return { kind: "failed", message: "This page does not know which session ended. Please connect again." };
    }
    const { message, connection_ids } = await (returned.provider === "plaid"
      ? rest.finishPlaid(token, leaving?.linkToken ?? "")
      : rest.finishSnapTrade(token, returned.authorizationId));
    return connection_ids.length > 0 ? { kind: "done", message } : { kind: "failed", message };
  }

  private async ask(call: (token: string) => Promise<string>): Promise<void> {
    this.patch({ refresh: { kind: "busy" } });
    try {
      this.patch({ refresh: { kind: "asked", message: await call(this.needToken()) } });
      await this.read();
    } catch (error) {
      this.patch({ refresh: { kind: "failed", message: rest.sentence(error) } });
      await this.read();
    }
    setTimeout(() => this.patch({ refresh: { kind: "idle" } }), NOTE_MS);
  }

  private follow(): void {
    this.around.follow(channelNames(this.around.store.get().accounts, this.withPositions));
  }

  private needToken(): string {
    const token = this.around.token();
    if (token === null) {
      throw new rest.Refused(401, "You are signed out.");
    }
    return token;
  }

  private linking(linking: Linking): void {
    this.patch({ linking });
  }

  private patch(change: Partial<State>): void {
    this.around.store.change((state) => ({ ...state, ...change }));
  }
}
