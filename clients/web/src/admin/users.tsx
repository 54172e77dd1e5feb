// All accounts, and their roles.

import { timestampMs } from "@bufbuild/protobuf/wkt";
import { ConnectError } from "@connectrpc/connect";
import { createSignal, For, type JSX, onMount, Show } from "solid-js";
import { userClient } from "../api/clients";
import { become, user } from "../api/session";
import { Role, type User } from "../gen/coderunner/v1/user_pb";
import { ErrorInfoSchema } from "../gen/google/rpc/error_details_pb";
import { moment, t } from "../i18n";
import { adminWords } from "../i18n/admin";
import { Button, Dialog, FailureNotice, Field, Notice, Spinner } from "../kit/kit";
import "../styles/table.css";

const PAGE_SIZE = 50;
const ROLES = [Role.STUDENT, Role.TEACHER, Role.AUTHOR, Role.ADMIN] as const;

interface Asked {
  readonly who: User;
  readonly role: Role;
}

interface State {
  readonly busy: boolean;
  readonly error?: unknown;
}

export function Users(): JSX.Element {
  const w = adminWords;
  const [users, setUsers] = createSignal<readonly User[]>([]);
  const [next, setNext] = createSignal("");
  const [role, setRole] = createSignal<Role>(Role.UNSPECIFIED);
  const [email, setEmail] = createSignal("");
  const [state, setState] = createSignal<State>({ busy: true });
  const [asked, setAsked] = createSignal<Asked>();
  const [done, setDone] = createSignal<string>();
  // Answers to a question that nobody asks any more come to nothing.
  let question = 0;
  const load = async (pageToken: string) => {
    question += 1;
    const mine = question;
    setState({ busy: true });
    try {
      const answer = await userClient.listUsers({ pageSize: PAGE_SIZE, pageToken, role: role(), email: email().trim() });
      if (mine === question) {
        setUsers((before) => (pageToken === "" ? answer.users : [...before, ...answer.users]));
        setNext(answer.nextPageToken);
        setState({ busy: false });
      }
    } catch (error) {
      if (mine === question) {
        setState({ busy: false, error });
      }
    }
  };
  onMount(() => void load(""));
  const find = (event: SubmitEvent) => {
    event.preventDefault();
    void load("");
  };
  const give = async ({ who, role: wanted }: Asked) => {
    setAsked(undefined);
    setDone(undefined);
    try {
      const answer = await userClient.setRole({ userId: who.id, role: wanted });
      const changed = answer.user;
      if (changed !== undefined) {
        setUsers((before) => before.map((one) => (one.id === changed.id ? changed : one)));
        setDone(w().changed(changed.displayName, roleText(changed.role)));
        if (changed.id === user()?.id) {
          become(changed);
        }
      }
      setState({ busy: false });
    } catch (error) {
      // The list shows what is so, and not what was wished for.
      setUsers((before) => before.map((one) => ({ ...one })));
      setState({ busy: false, error });
    }
  };
  const cancel = () => {
    setAsked(undefined);
    setUsers((before) => before.map((one) => ({ ...one })));
  };
  return (
    <section class="card stack" aria-labelledby="users-title">
      <h2 id="users-title">{w().users}</h2>
      <form class="user-search" onSubmit={find}>
        <Field label={w().findEmail} type="email" autocomplete="off" value={email()} onInput={(event) => setEmail(event.currentTarget.value)} />
        <label>
          {w().role}
          <select
            value={String(role())}
            onChange={(event) => {
              setRole(Number(event.currentTarget.value));
              void load("");
            }}
          >
            <option value={String(Role.UNSPECIFIED)}>{w().anyRole}</option>
            <For each={ROLES}>{(one) => <option value={String(one)}>{roleText(one)}</option>}</For>
          </select>
        </label>
        <Button type="submit">{w().find}</Button>
      </form>
      <Show when={done()}>{(text) => <Notice kind="good">{text()}</Notice>}</Show>
      <Show when={state().error !== undefined}>
        <Show when={isLastAdmin(state().error)} fallback={<FailureNotice error={state().error} />}>
          <Notice kind="bad">{w().lastAdmin}</Notice>
        </Show>
      </Show>
      <Show when={users().length > 0} fallback={state().busy ? <Spinner /> : <p>{w().nobody}</p>}>
        <UserTable users={users()} onRole={(who, wanted) => setAsked({ who, role: wanted })} />
      </Show>
      <Show when={next() !== ""}>
        <div>
          <Button busy={state().busy} onClick={() => void load(next())}>
            {w().more}
          </Button>
        </div>
      </Show>
      <Dialog open={asked() !== undefined} title={askedTitle(asked())} onClose={cancel}>
        <p>{w().roleText}</p>
        <div class="row">
          <Button
            kind="primary"
            onClick={() => {
              const now = asked();
              if (now !== undefined) {
                void give(now);
              }
            }}
          >
            {w().change}
          </Button>
          <Button onClick={cancel}>{t().cancel}</Button>
        </div>
      </Dialog>
    </section>
  );
}

interface UserTableProps {
  readonly users: readonly User[];
  readonly onRole: (who: User, role: Role) => void;
}

function UserTable(props: UserTableProps): JSX.Element {
  const w = adminWords;
  return (
    <div class="table-box" tabindex="0" role="group" aria-label={w().users}>
      <table class="table">
        <thead>
          <tr>
            <th scope="col">{w().name}</th>
            <th scope="col">{w().email}</th>
            <th scope="col">{w().role}</th>
            <th scope="col">{w().since}</th>
          </tr>
        </thead>
        <tbody>
          <For each={props.users}>
            {(one) => (
              <tr>
                <th scope="row" class="user-name">
                  <bdi>{one.displayName}</bdi>
                </th>
                <td class="user-name">{one.email}</td>
                <td>
                  <select
                    aria-label={w().roleOf(one.displayName)}
                    onChange={(event) => props.onRole(one, Number(event.currentTarget.value))}
                  >
                    <For each={ROLES}>
                      {(role) => (
                        <option value={String(role)} selected={role === one.role}>
                          {roleText(role)}
                        </option>
                      )}
                    </For>
                  </select>
                </td>
                <td>{one.createTime ? moment(timestampMs(one.createTime)) : ""}</td>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </div>
  );
}

function askedTitle(asked: Asked | undefined): string {
  return asked === undefined ? "" : adminWords().roleTitle(asked.who.displayName, roleText(asked.role));
}

export function roleText(role: Role): string {
  const words = adminWords().roles;
  switch (role) {
    case Role.TEACHER:
      return words.teacher;
    case Role.AUTHOR:
      return words.author;
    case Role.ADMIN:
      return words.admin;
    default:
      return words.student;
  }
}

function isLastAdmin(error: unknown): boolean {
  return ConnectError.from(error).findDetails(ErrorInfoSchema).some(({ reason }) => reason === "LAST_ADMIN");
}
