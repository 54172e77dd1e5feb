// The first page of whoever comes: what this is, and which companion comes along.

import { For, type JSX, Show } from "solid-js";
import { user } from "../api/session";
import { t } from "../i18n";
import { Icon, type IconName } from "../kit/icons";
import { Page } from "../kit/page";
import { Link } from "../router";
import { Companions } from "../theme/appearance";
import { Mascot } from "../theme/mascots";
import { character } from "../theme/theme";
import "./start.css";

const STEP_ICONS: readonly IconName[] = ["play", "bulb", "check"];

export function Start(): JSX.Element {
  return (
    <Page title={t().start.title} headingHidden class="start">
      <section class="hero">
        <div>
          <p class="hero-title" aria-hidden="true">
            {t().start.title}
          </p>
          <p class="hero-lead">{t().start.lead}</p>
          <div class="row">
            <Show when={user() === undefined} fallback={<ToLearn />}>
              <Link to={{ page: "register" }} class="button button-primary button-large">
                {t().start.register}
              </Link>
              <Link to={{ page: "login" }} class="button button-large">
                {t().start.login}
              </Link>
            </Show>
          </div>
          <p class="hero-look">
            <Link to={{ page: "learn" }}>{t().start.look}</Link>
          </p>
        </div>
        <Example />
      </section>
      <section aria-labelledby="how">
        <h2 id="how">{t().start.how}</h2>
        <ol class="steps">
          <For each={t().start.steps}>
            {(step, index) => (
              <li class="card">
                <span class="step-icon">
                  <Icon name={STEP_ICONS[index()] ?? "check"} />
                </span>
                <h3>{step.title}</h3>
                <p>{step.text}</p>
              </li>
            )}
          </For>
        </ol>
      </section>
      <section aria-labelledby="choose" class="card">
        <h2 id="choose">{t().start.choose}</h2>
        <p class="soft">{t().start.chooseHint}</p>
        <Companions name="companion-start" about />
      </section>
    </Page>
  );
}

function ToLearn(): JSX.Element {
  return (
    <Link to={{ page: "learn" }} class="button button-primary button-large">
      {t().learn.goOn}
    </Link>
  );
}

/** A program and what it says, as a picture of what the app is about. */
function Example(): JSX.Element {
  return (
    <div class="hero-picture" aria-hidden="true">
      <pre class="hero-code">
        <b>name</b> = input(<i>"Your name? "</i>){"\n"}
        print(<i>"Hello, "</i> + <b>name</b> + <i>"!"</i>)
      </pre>
      <pre class="hero-console">
        Your name? <em>Mira</em>
        {"\n"}Hello, Mira!
      </pre>
      <Mascot character={character()} class="hero-mascot" />
    </div>
  );
}
