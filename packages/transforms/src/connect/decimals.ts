import { Decimal, TandemError } from "@tandem-cdc/core";

const NUMBER = /^[+-]?(?:(\d+)\.?(\d*)|\.(\d+))(?:[eE]([+-]?\d{1,9}))?$/;
/** Digits of a number of 64 bits, and then some: what is beyond has none of its last 64 bits set. */
const FAR = 100;

/** As Java's BigDecimal reads it. */
export function decimalOf(text: string): Decimal | undefined {
  const parts = NUMBER.exec(text);
  if (parts === null) return undefined;
  const [, whole = "", fraction = parts[3] ?? "", , exponent = "0"] = parts;
  const unscaled = BigInt(whole + fraction);
  return new Decimal(text.startsWith("-") ? -unscaled : unscaled, fraction.length - Number(exponent));
}

/** Without its fraction. Of a number far beyond 64 bits no more than that its last 64 bits are 0. */
export function truncated({ scale, unscaled }: Decimal): bigint {
  if (scale <= 0) return -scale > FAR ? 0n : unscaled * 10n ** BigInt(-scale);
  return scale > String(unscaled).length ? 0n : unscaled / 10n ** BigInt(scale);
}

/** The same number with so many digits behind the point. Throws where it has more. */
export function rescaled(decimal: Decimal, scale: number): Decimal {
  const more = scale - decimal.scale;
  if (more > 10_000 || more < -10_000) throw unfit(decimal, scale);
  if (more >= 0) return new Decimal(decimal.unscaled * 10n ** BigInt(more), scale);
  const unit = 10n ** BigInt(-more);
  if (decimal.unscaled % unit !== 0n) throw unfit(decimal, scale);
  return new Decimal(decimal.unscaled / unit, scale);
}

function unfit(decimal: Decimal, scale: number): TandemError {
  return new TandemError(
    "RECORD_MALFORMED",
    `${decimal.unscaled} with ${decimal.scale} digits behind the point does not fit a decimal with ${scale}`,
  );
}
