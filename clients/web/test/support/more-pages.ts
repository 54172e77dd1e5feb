// The pages besides the course, in the states that are worth looking at: for everybody (playground,
// cheatsheets, progress), for teachers, authors and admins. `pages.ts` has the others.

import type { Browser, Page } from "playwright-core";
import { visit } from "./browser";
import type { Sight } from "./pages";
import { logIn, makeAccount, shared } from "./staff";
import { type Account, openProblem, register, run, status, submit, write, writeInto } from "./student";

const CHART = `import matplotlib.pyplot as plt

months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun"]
plt.bar(months, [12, 15, 21, 34, 40, 47], color="seagreen")
plt.title("Ice cream sold")
plt.show()
`;

/** A class with a few members, made once and looked at often. */
interface SomeClass {
  readonly teacher: Account;
  readonly path: string;
  readonly code: string;
}

let someClass: Promise<SomeClass> | undefined;

async function makeClass(browser: Browser): Promise<SomeClass> {
  const teacher = makeAccount(shared(), "teacher", "Ms Hopper");
  let made: SomeClass | undefined;
  await visit(browser, {}, async ({ page }) => {
    await logIn(page, teacher);
    await page.goto("/classes");
    await page.getByLabel("Name of the class").fill("7b Informatics");
    await page.getByRole("button", { name: "Make it" }).click();
    const code = await page.locator(".class-code").innerText();
    made = { teacher, code, path: new URL(page.url()).pathname };
  });
  if (made === undefined) {
    throw new Error("no class was made");
  }
  const { code } = made;
  for (const [name, solution] of [
    ["Mira", 'print("Hello, " + input() + "!")\n'],
    ["Björn-Aleksander von Hohenberg", 'print("Hello!")\n'],
    ["Noor", undefined],
  ] as const) {
    await visit(browser, {}, async ({ page }) => {
      await register(page, name);
      await page.goto(`/join/${code}`);
      await page.getByRole("button", { name: "Join", exact: true }).click();
      await page.getByText("You are in the class").waitFor();
      if (solution !== undefined) {
        await openProblem(page, "hello-name");
        await write(page, solution);
        await submit(page);
        await page.locator(".verdict, .celebration").waitFor();
      }
    });
  }
  return made;
}

async function classOf(page: Page): Promise<SomeClass> {
  const browser = page.context().browser();
  if (browser === null) {
    throw new Error("the page has no browser");
  }
  someClass ??= makeClass(browser);
  return await someClass;
}

async function openClass(page: Page): Promise<void> {
  const { teacher, path } = await classOf(page);
  await logIn(page, teacher);
  await page.goto(path);
  await page.getByRole("row", { name: /Mira/ }).waitFor();
}

async function openAuthor(page: Page, path: string, part?: string): Promise<void> {
  await logIn(page, makeAccount(shared(), "author", "Ada"));
  await page.goto(path);
  if (part !== undefined) {
    await page.getByRole("tab", { name: part, exact: true }).click();
  }
}

async function openPlayground(page: Page, source: string): Promise<void> {
  await page.goto("/playground");
  const main = page.getByRole("textbox", { name: "Program file main.py" });
  await main.waitFor();
  await writeInto(page, main, source);
}

const EVERYBODY: readonly Sight[] = [
  {
    name: "progress-empty",
    show: async (page) => {
      await register(page);
      await page.goto("/progress");
      await page.getByText("You haven't handed in a program yet.").waitFor();
    },
  },
  {
    name: "progress",
    show: async (page) => {
      await register(page);
      for (const [slug, source] of [
        ["hello-name", 'print("Hello!")\n'],
        ["hello-name", 'print("Hello, " + input() + "!")\n'],
        ["pocket-money", "print(1)\n"],
      ] as const) {
        await openProblem(page, slug);
        await write(page, source);
        await submit(page);
        await page.locator(".verdict, .celebration").waitFor();
      }
      await page.goto("/progress");
      await page.getByRole("button", { name: "Attempts at Hello, you!" }).click();
      await page.getByRole("table", { name: "Attempts at Hello, you!" }).waitFor();
    },
  },
  {
    name: "cheatsheets",
    show: async (page) => {
      await page.goto("/cheatsheets/loops");
      await page.getByRole("heading", { name: "Repeat with loops" }).waitFor();
    },
  },
  {
    name: "cheatsheets-list",
    show: async (page) => {
      await page.goto("/cheatsheets");
      await page.getByRole("button", { name: "Repeat with loops" }).waitFor();
    },
  },
  {
    name: "cheatsheets-search",
    show: async (page) => {
      await page.goto("/cheatsheets");
      await page.getByLabel("Search the cheatsheets").fill("range");
      await page.getByRole("button", { name: /A known number of times/ }).waitFor();
    },
  },
  {
    name: "playground-visitor",
    show: async (page) => {
      await page.goto("/playground");
      await page.getByRole("textbox", { name: "Program file main.py" }).waitFor();
      await page.getByRole("button", { name: "Log in to run" }).waitFor();
    },
  },
  {
    name: "playground-chart",
    show: async (page) => {
      await register(page);
      await openPlayground(page, CHART);
      await page.locator(".play-settings summary").click();
      await page.getByRole("radio", { name: "With NumPy, pandas and Matplotlib" }).check();
      await page.locator(".play-settings summary").click();
      await run(page);
      await status(page, "Finished");
      await page.getByRole("img", { name: "Picture figure-1.png" }).waitFor();
    },
  },
  {
    name: "playground-files",
    show: async (page) => {
      await register(page);
      await openPlayground(page, "from colours import favourite\n\nprint(favourite())\n");
      await page.getByRole("button", { name: "New file" }).click();
      await page.getByLabel("Name of the file").fill("colours.py");
      await page.getByRole("button", { name: "Save", exact: true }).click();
      await page.getByRole("textbox", { name: "Program file colours.py" }).waitFor();
      await page.locator(".play-settings summary").click();
      await page.getByRole("radio", { name: "It is there from the start" }).check();
      await page.getByRole("button", { name: "Cheatsheets", exact: true }).click();
      await page.getByRole("region", { name: "Cheatsheets" }).getByRole("button", { name: "Repeat with loops" }).click();
      await page.getByRole("heading", { name: "A known number of times" }).waitFor();
    },
  },
  {
    name: "playground-share",
    show: async (page) => {
      await register(page);
      await openPlayground(page, 'print("Look!")\n');
      await page.getByRole("button", { name: "Share" }).click();
      await page.getByLabel("Link", { exact: true }).waitFor();
    },
  },
  {
    name: "classes",
    show: async (page) => {
      const { code } = await classOf(page);
      await register(page, "Sofia");
      await page.goto(`/join/${code}`);
      await page.getByRole("button", { name: "Join", exact: true }).click();
      await page.getByText("You are in the class").waitFor();
    },
  },
];

const STAFF: readonly Sight[] = [
  {
    name: "classes-teacher",
    show: async (page) => {
      const { teacher } = await classOf(page);
      await logIn(page, teacher);
      await page.goto("/classes");
      await page.getByRole("link", { name: "7b Informatics" }).waitFor();
    },
  },
  { name: "class", show: openClass },
  {
    name: "class-level",
    show: async (page) => {
      await openClass(page);
      await page.getByLabel("Problems of").selectOption({ label: "First programs" });
      await page.getByTitle("solved", { exact: true }).first().waitFor();
    },
  },
  {
    name: "author",
    show: async (page) => {
      await openAuthor(page, "/author");
      await page.getByRole("cell").first().waitFor();
    },
  },
  {
    name: "author-new-refused",
    show: async (page) => {
      await openAuthor(page, "/author/new");
      await page.getByRole("button", { name: "Create problem" }).click();
      await page.getByRole("alert").waitFor();
    },
  },
  ...["About", "Statement", "Programs", "Grading", "Tests"].map((part) => ({
    name: `author-${part.toLowerCase()}`,
    show: async (page: Page) => {
      await openAuthor(page, "/author/problems/fizz-buzz", part);
      await page.getByRole("tabpanel", { name: part }).locator("input, textarea, li").first().waitFor();
    },
  })),
  {
    name: "author-validate",
    show: async (page) => {
      await openAuthor(page, "/author/problems/hello-name", "Validate");
      await page.getByRole("button", { name: "Validate" }).click();
      await page.getByRole("region", { name: "Reference solution" }).getByText("as it should be").waitFor();
      await page.getByRole("button", { name: "Validate" }).waitFor();
    },
  },
  {
    name: "author-import",
    show: async (page) => {
      await openAuthor(page, "/author");
      await page.getByRole("button", { name: "Import", exact: true }).click();
      await page.getByLabel("What it is").selectOption({ label: "A whole course" });
    },
  },
  {
    name: "admin",
    show: async (page) => {
      await logIn(page, makeAccount(shared(), "admin", "Root"));
      await page.goto("/admin");
      await page.getByRole("row", { name: /^local/ }).waitFor();
      await page.getByText("Find by e-mail address").waitFor();
    },
  },
  {
    name: "admin-drain",
    show: async (page) => {
      await logIn(page, makeAccount(shared(), "admin", "Root"));
      await page.goto("/admin");
      await page.getByRole("button", { name: "Drain local" }).click();
      await page.getByRole("dialog").waitFor();
    },
  },
];

export const MORE_SIGHTS: readonly Sight[] = [...EVERYBODY, ...STAFF];
