// The page of an address that leads nowhere.

import type { JSX } from "solid-js";
import { t } from "../i18n";
import { Page } from "../kit/page";
import { Link } from "../router";
import { Mascot } from "../theme/mascots";
import { character } from "../theme/theme";

export function Missing(): JSX.Element {
  return (
    <Page title={t().missing.title} class="page-narrow">
      <Mascot character={character()} />
      <p>{t().missing.text}</p>
      <Link to={{ page: "learn" }} class="button button-primary">
        {t().missing.toLearn}
      </Link>
    </Page>
  );
}
