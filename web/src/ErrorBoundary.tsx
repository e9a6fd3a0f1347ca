import { Component, type ReactNode } from "react";

/** Shows `fallback` in place of children that threw while rendering. */
export class ErrorBoundary extends Component<
  { fallback: ReactNode; children: ReactNode },
  { broken: boolean }
> {
  override state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  override componentDidCatch(error: Error) {
    console.error("Error starting avatar session", error.name);
  }

  override render() {
    return this.state.broken ? this.props.fallback : this.props.children;
  }
}
