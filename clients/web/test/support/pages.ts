// All pages of the app in the states that are worth looking at: axe looks at them, and the
// screenshots are made of them. A new page gets a line here.

import type { Page } from "playwright-core";
import { openProblem, pane, register, run, saved, shows, status, submit, write } from "./student";

export interface Sight {
  readonly name: string;
  /** Goes there from a fresh window and waits until it is as it should be. */
  readonly show: (page: Page) => Promise<void>;
}

const heading = (page: Page, name: string | RegExp) => page.getByRole("heading", { level: 1, name }).waitFor({ state: "attached" });

const FAILING = "prices = [3, 4]\ntotal = 0\nfor price in prices:\n    total = total + prise\nprint(total)\n";
const COLOURS =
  'for number in range(1, 7):\n    print(f"\\033[3{number}mColour {number}\\033[0m", "#" * number)\nname = input("What is your name? ")\nprint("Hello,", name)\n';

export const SIGHTS: readonly Sight[] = [
  {
    name: "start",
    show: async (page) => {
      await page.goto("/");
      await heading(page, "Learn Python by writing it");
    },
  },
  {
    name: "login-refused",
    show: async (page) => {
      await page.goto("/login");
      await page.getByLabel("E-mail address").fill("mira@example.org");
      await page.getByLabel("Password", { exact: true }).fill("not the password");
      await page.getByRole("button", { name: "Log in" }).click();
      await page.getByRole("alert").waitFor();
    },
  },
  {
    name: "register",
    show: async (page) => {
      await page.goto("/register");
      await page.getByRole("button", { name: "Create account" }).click();
      await page.getByText("Please enter an e-mail address").waitFor();
    },
  },
  {
    name: "learn-visitor",
    show: async (page) => {
      await page.goto("/learn");
      await page.getByRole("link", { name: /Hello, you!/ }).waitFor();
    },
  },
  {
    name: "learn",
    show: async (page) => {
      await register(page);
      await openProblem(page, "hello-name");
      await write(page, 'name = input()\nprint("Hello, " + name + "!")\n');
      await submit(page);
      await page.getByText(/Solved!/).first().waitFor();
      await openProblem(page, "pocket-money");
      await submit(page);
      await page.locator(".verdict").waitFor();
      await page.goto("/learn");
      await page.getByText("1 of 5 solved").first().waitFor();
    },
  },
  {
    name: "appearance",
    show: async (page) => {
      await page.goto("/learn");
      await page.getByRole("button", { name: "Appearance" }).click();
      await page.getByRole("radio", { name: "Dark" }).waitFor();
    },
  },
  {
    name: "problem",
    show: async (page) => {
      await register(page);
      await openProblem(page, "fizz-buzz");
      await pane(page, "Task");
      await page.getByText("A class counts aloud").waitFor({ state: "attached" });
    },
  },
  {
    name: "problem-input",
    show: async (page) => {
      await register(page);
      await openProblem(page, "hello-name");
      await write(page, COLOURS);
      await saved(page);
      await run(page);
      await shows(page, "What is your name?");
      await page.getByLabel("Input for the program").fill("Mira");
    },
  },
  {
    name: "problem-error",
    show: async (page) => {
      await register(page);
      await openProblem(page, "hello-name");
      await write(page, FAILING);
      await run(page);
      await status(page, "Stopped with an error");
      await page.getByText("Go to line 4").waitFor();
    },
  },
  {
    name: "problem-picture",
    show: async (page) => {
      await register(page);
      await openProblem(page, "hello-name");
      await write(page, PICTURE);
      await run(page);
      await page.getByRole("img", { name: "Picture sun.svg" }).waitFor();
    },
  },
  {
    name: "problem-drawing",
    show: async (page) => {
      await register(page);
      await openProblem(page, "hello-name");
      await write(page, STAR);
      await run(page);
      await page.getByRole("img", { name: "Drawing of your program" }).waitFor();
      await status(page, "Finished");
    },
  },
  {
    name: "problem-wrong",
    show: async (page) => {
      await register(page);
      await openProblem(page, "hello-name");
      await write(page, 'name = input()\nprint("Hello " + name + "!")\n');
      await submit(page);
      await page.locator(".verdict-bad").waitFor();
    },
  },
  {
    name: "problem-solved",
    show: async (page) => {
      await register(page);
      await openProblem(page, "hello-name");
      await write(page, 'name = input()\nprint("Hello, " + name + "!")\n');
      await submit(page);
      await page.getByText(/Solved!/).first().waitFor();
    },
  },
  {
    name: "problem-history",
    show: async (page) => {
      await register(page);
      await openProblem(page, "hello-name");
      await submit(page);
      await page.locator(".verdict").waitFor();
      await pane(page, "Task");
      await page.getByRole("tab", { name: "My submissions" }).click();
      await page.getByRole("button", { name: "Show code" }).click();
      await page.locator(".history-code .cm-line").first().waitFor();
    },
  },
  {
    name: "account",
    show: async (page) => {
      await register(page);
      await page.goto("/account");
      await page.getByText("This browser").waitFor();
    },
  },
  {
    name: "missing",
    show: async (page) => {
      await page.goto("/no/such/page");
      await heading(page, "Nothing here");
    },
  },
];

const STAR = `import turtle
turtle.speed(0)
turtle.bgcolor("#102040")
turtle.color("gold")
turtle.begin_fill()
for _ in range(5):
    turtle.forward(150)
    turtle.right(144)
turtle.end_fill()
turtle.hideturtle()
print("A star")
`;

const PICTURE = `shapes = '<circle cx="60" cy="60" r="40" fill="#ffb300"/>'
with open("sun.svg", "w") as file:
    file.write('<svg xmlns="http://www.w3.org/2000/svg" width="120" height="120">' + shapes + '</svg>')
with open("numbers.csv", "w") as file:
    file.write("1,2,3")
print("two files")
`;
