/** Numbers, times and names as people read them. Pure but for hidden amounts; unknown is an em dash, never zero. */

export const UNKNOWN = "—";
/** What stands for an amount or a quantity while these are hidden. */
export const HIDDEN = "•••••";
const LOCALE = "en-US";
const MARKET_ZONE = "America/New_York";

const formats = new Map<string, Intl.NumberFormat>();

function numberFormat(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = JSON.stringify(options);
  let format = formats.get(key);
  if (format === undefined) {
    format = new Intl.NumberFormat(LOCALE, options);
    formats.set(key, format);
  }
  return format;
}

let hidden = false;

/** From now on show dots for every amount and quantity, or (false) themselves; nothing else tells what somebody owns. */
export function hideAmounts(hide: boolean): void {
  hidden = hide;
}

function owned(value: number | null, options: Intl.NumberFormatOptions): string {
  return hidden && value !== null ? HIDDEN : render(value, options);
}

function render(value: number | null, options: Intl.NumberFormatOptions): string {
  return value === null ? UNKNOWN : numberFormat(options).format(value).replace("-", "\u2212");
}

/** An amount to the cent: `$1,234.50`. */
export function money(value: number | null, currency: string): string {
  return owned(value, { style: "currency", currency, currencyDisplay: "narrowSymbol", minimumFractionDigits: 2 });
}

/** A change of an amount, always with its sign: `+$12.00`. */
export function change(value: number | null, currency: string): string {
  return owned(value, {
    style: "currency",
    currency,
    currencyDisplay: "narrowSymbol",
    minimumFractionDigits: 2,
    signDisplay: "exceptZero",
  });
}

/** A change in percent, 5.25 meaning 5.25 %: `+5.25%`. */
export function percent(value: number | null): string {
  return render(value === null ? null : value / 100, {
    style: "percent",
    minimumFractionDigits: 2,
    maximumFractionDigits: 2,
    signDisplay: "exceptZero",
  });
}

/** A share, 0.934 meaning 93.4 %. Rounded down: only all of it is 100 %. */
export function share(value: number | null): string {
  const floored = value === null ? null : Math.floor(value * 1000 + 1e-9) / 1000;
  const decimals = floored === 1 ? 0 : 1;
  return render(floored, { style: "percent", minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

/** A price per unit; below one unit of currency with four decimals. */
export function price(value: number | null, currency: string): string {
  const decimals = value !== null && Math.abs(value) < 1 ? 4 : 2;
  return render(value, {
    style: "currency",
    currency,
    currencyDisplay: "narrowSymbol",
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
}

/** What a quantity is multiplied by, units a contract: `100`. */
export function multiplier(value: number): string {
  return render(value, { maximumFractionDigits: 8 });
}

/** An amount on an axis, without its currency; while amounts are hidden, how far it is from `base`, in percent. */
export function axisLabel(value: number, base: number | null): string {
  if (hidden) {
    return base === null || base === 0 ? "" : percent((value / base - 1) * 100);
  }
  return render(value, { maximumFractionDigits: Math.abs(value) < 10_000 ? 2 : 0 });
}

/** A quantity with the decimals it has, at most eight. */
export function quantity(value: number): string {
  return owned(value, { maximumFractionDigits: 8 });
}

/** A quantity for a narrow column: the larger it is, the fewer decimals. */
export function shortQuantity(value: number): string {
  const size = Math.abs(value);
  return owned(value, { maximumFractionDigits: size >= 1000 ? 3 : size >= 1 ? 5 : 8 });
}

/** How long ago, in the largest unit that fits: `3 s`, `12 min`, `5 h`, `2 d`. */
export function age(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** What is left until something happens: `2 h 05 min`, `4 min 09 s`, `2 d 3 h`. */
export function countdown(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const two = (value: number): string => String(value).padStart(2, "0");
  if (hours >= 48) return `${Math.floor(hours / 24)} d ${hours % 24} h`;
  if (hours > 0) return `${hours} h ${two(minutes % 60)} min`;
  if (minutes > 0) return `${minutes} min ${two(seconds % 60)} s`;
  return `${seconds} s`;
}

const marketTime = new Intl.DateTimeFormat(LOCALE, {
  timeZone: MARKET_ZONE,
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const marketDay = new Intl.DateTimeFormat(LOCALE, {
  timeZone: MARKET_ZONE,
  weekday: "short",
  month: "short",
  day: "numeric",
});
const marketDate = new Intl.DateTimeFormat("en-CA", {
  timeZone: MARKET_ZONE,
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
});
const localTime = new Intl.DateTimeFormat(LOCALE, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const calendarDay = new Intl.DateTimeFormat(LOCALE, { timeZone: "UTC", month: "short", day: "numeric" });
const calendarWeekday = new Intl.DateTimeFormat(LOCALE, { timeZone: "UTC", weekday: "long" });

/** Time of day in New York: `09:30:00`. */
export function newYorkTime(instantMs: number): string {
  return marketTime.format(instantMs);
}

/** Day and time in New York: `Fri, Nov 20, 09:30`. */
export function newYorkDayTime(instantMs: number): string {
  return `${marketDay.format(instantMs)}, ${marketTime.format(instantMs).slice(0, 5)}`;
}

/** The date in New York: `2026-11-20`. */
export function newYorkDate(instantMs: number): string {
  return marketDate.format(instantMs);
}

/** Time of day where the user is: `09:30:00`. */
export function userTime(instantMs: number): string {
  return localTime.format(instantMs);
}

/** A calendar date without a zone, `2026-11-20`, as `Nov 20`. */
export function day(date: string): string {
  return calendarDay.format(Date.parse(`${date}T00:00:00Z`));
}

/** The weekday of a calendar date: `Friday`. */
export function weekday(date: string): string {
  return calendarWeekday.format(Date.parse(`${date}T00:00:00Z`));
}

/** Milliseconds that New York's clock is ahead of UTC at an instant; negative. */
export function newYorkOffsetMs(instantMs: number): number {
  const [date, time] = [newYorkDate(instantMs), newYorkTime(instantMs)];
  return Date.parse(`${date}T${time}Z`) - Math.floor(instantMs / 1000) * 1000;
}
