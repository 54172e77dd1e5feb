// Where one chooses how the app looks: companion, brightness, language.

import { For, type JSX } from "solid-js";
import { chooseLanguage, LANGUAGES, language, t } from "../i18n";
import { Choice } from "../kit/kit";
import { Mascot } from "./mascots";
import { CHARACTERS, character, chooseCharacter, chooseMode, MODES, mode } from "./theme";

export function Appearance(): JSX.Element {
  const modes = () => MODES.map((value) => ({ value, text: t().appearance[value] }));
  const languages = LANGUAGES.map(({ tag, name }) => ({ value: tag, text: name }));
  return (
    <>
      <Companions name="companion-menu" />
      <Choice label={t().appearance.mode} options={modes()} value={mode()} onChoose={chooseMode} />
      <Choice label={t().appearance.language} options={languages} value={language()} onChoose={chooseLanguage} />
    </>
  );
}

export function Companions(props: { readonly name: string; readonly about?: boolean }): JSX.Element {
  return (
    <fieldset class="choice">
      <legend classList={{ "only-read": props.about === true }}>{t().appearance.character}</legend>
      <div class="companions" classList={{ "companions-large": props.about === true }}>
        <For each={CHARACTERS}>
          {(value) => (
            <label class="companion">
              <input
                type="radio"
                name={props.name}
                value={value}
                checked={character() === value}
                onChange={() => chooseCharacter(value)}
              />
              <Mascot character={value} />
              <span>{t().appearance.characters[value].name}</span>
              {props.about === true && <small class="soft">{t().appearance.characters[value].about}</small>}
            </label>
          )}
        </For>
      </div>
    </fieldset>
  );
}
